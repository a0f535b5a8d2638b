import type { Deps } from '../deps.ts';
import { type Case, isTooLate } from '../domain/case.ts';
import { systemActor } from '../domain/case-events.ts';
import { mayNotice } from '../domain/may-notice.ts';
import { pendingDeliveries } from '../domain/notice.ts';
import type { RunItem } from '../domain/run.ts';
import { isWholeTenant } from '../domain/scope.ts';
import { cases, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { applyCaseEvent } from './apply-case-event.ts';
import { askGate, systemFacts } from './ask-gate.ts';
import { othersToday, takePlace } from './daily-places.ts';
import { limitsOf } from './erasure-state.ts';
import { finishEffects } from './finish-effects.ts';
import { openOwed } from './open-owed.ts';
import { planOf } from './plan-of.ts';
import { itemInput, itemOf, saveItem } from './run-items.ts';

/**
 * One case's part of the hourly sweep: what a crash left undone, notices and reminders that are due, and whether its time has come.
 * An item without a case is a tenant who owes something: its case is opened first.
 */
export const sendDueNotices = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const planned = await itemOf(deps, run, ordinal);
  const item = planned.subject === undefined ? await openFor(deps, planned) : planned;
  const value = item.subject === undefined ? undefined : (await cases.read(deps.table, item.subject))?.value;
  if (value === undefined) return { outcome: 'waiting' as const };
  const waits = await whyNotYet(deps, item, value);
  if (waits.length > 0) {
    await saveItem(deps, item, { status: 'blocked', reasons: waits, facts: { status: value.status } });
    return { outcome: 'waiting' as const };
  }
  await finishEffects(deps, value);
  const decision = await applyCaseEvent(deps, value.id, { type: 'tick', at: deps.clock.now(), actor: systemActor });
  const after = (await cases.read(deps.table, value.id))?.value;
  if (!decision.ok) {
    await saveItem(deps, item, {
      status: 'blocked',
      reasons: [decision.reason, decision.hint],
      facts: { status: after?.status },
    });
    return { outcome: 'waiting' as const };
  }
  const start = decision.effects.find((effect) => effect.type === 'start-erasure');
  const blocked = decision.effects.find((effect) => effect.type === 'blocked');
  if (start === undefined) {
    await saveItem(deps, item, {
      status: blocked === undefined ? 'done' : 'blocked',
      reasons: blocked?.reasons.map((reason) => `${reason.message}. ${reason.hint}`) ?? [],
      facts: {
        status: after?.status,
        sent: decision.effects.filter((effect) => effect.type === 'send-notice' || effect.type === 'mail').length,
      },
    });
    return { outcome: 'waiting' as const };
  }
  const reasons = after?.status === 'certified' ? [] : await whyNotErase(deps, value);
  if (reasons.length > 0) {
    await saveItem(deps, item, { status: 'blocked', reasons, facts: { status: after?.status } });
    return { outcome: 'waiting' as const };
  }
  await saveItem(deps, item, { status: 'running', facts: { attempt: start.attempt } });
  return { outcome: 'due' as const };
});

/** Opens the case for what a tenant owes, where everything in its way is gone. */
async function openFor(deps: Deps, item: RunItem): Promise<RunItem> {
  const waits = await whyNotYet(deps, item);
  if (waits.length > 0) return await saveItem(deps, item, { status: 'blocked', reasons: waits });
  const owed = await openOwed(deps, item.tenant, systemActor);
  if (owed.outcome === 'opened') return await saveItem(deps, item, { subject: owed.case.id });
  return await saveItem(deps, item, { status: 'done' });
}

/**
 * What stands against the erasure. A certified case has nothing left to destroy: only its report and its end are due. One of a whole
 * tenant takes its place of today here: otherwise a sweep over many would start them all, and all but a few would stop at their gate.
 */
async function whyNotErase(deps: Deps, value: Case): Promise<string[]> {
  const limits = await limitsOf(deps, value);
  const ask = async () => await askGate(deps, { kind: 'erasure', scope: value.scope }, { case: value, ...limits });
  const isFirst = isWholeTenant(value.scope) && !isTooLate(value);
  const answer = isFirst ? await takePlace(deps, 'erasures', value.id, ask) : await ask();
  return answer.allowed ? [] : answer.reasons.map((reason) => `${reason.message}. ${reason.hint}`);
}

/**
 * Whether a first notice of this case, or anything at all of the sweep, may go on: not in quarantine, not under a clock in
 * doubt, and not for more tenants a day than the plan allows.
 */
async function whyNotYet(deps: Deps, { tenant: id, facts }: RunItem, value?: Case): Promise<string[]> {
  const tenant = (await tenants.read(deps.table, id))?.value;
  if (tenant === undefined) return [];
  const { plan } = await planOf(deps, tenant);
  const isFirst = value?.status === 'opened' && value.noticeSentAt === undefined && value.reason !== 'customer-request';
  const ask = async () =>
    mayNotice({
      ...(await systemFacts(deps)),
      noticedToday: isFirst ? (await othersToday(deps, 'notices', id)).length : 0,
      // A run that was planned before they were counted goes by the smallest limit.
      tenants: Number(facts.tenants ?? 0),
      limits: plan.limits,
    });
  const goesOut = isFirst && pendingDeliveries(value.deliveries).length > 0;
  const answer = goesOut ? await takePlace(deps, 'notices', id, ask) : await ask();
  return answer.allowed ? [] : answer.reasons.map((reason) => `${reason.message}. ${reason.hint}`);
}
