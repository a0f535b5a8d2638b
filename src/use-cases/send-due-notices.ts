import type { Deps } from '../deps.ts';
import { localDay } from '../domain/calendar.ts';
import type { Case } from '../domain/case.ts';
import { cases, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { applyCaseEvent, systemActor } from './apply-case-event.ts';
import { askGate } from './ask-gate.ts';
import { planOf } from './plan-of.ts';
import { runPendingEffects } from './run-effects.ts';
import { itemInput, itemOf, saveItem } from './run-items.ts';

/** One case's part of the hourly sweep: what a crash left undone, notices and reminders that are due, and whether its time has come. */
export const sendDueNotices = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const value = (await cases.read(deps.table, item.subject ?? ''))?.value;
  if (value === undefined) return { outcome: 'waiting' as const };
  const limit = await noticeLimit(deps, value);
  if (limit !== undefined) {
    await saveItem(deps, item, { status: 'blocked', reasons: [limit] });
    return { outcome: 'waiting' as const };
  }
  await runPendingEffects(deps, value);
  const decision = await applyCaseEvent(deps, value.id, { type: 'tick', at: deps.clock.now(), actor: systemActor });
  const after = (await cases.read(deps.table, value.id))?.value;
  if (!decision.ok) {
    await saveItem(deps, item, { status: 'blocked', reasons: [decision.reason, decision.hint], facts: { status: after?.status } });
    return { outcome: 'waiting' as const };
  }
  const start = decision.effects.find((effect) => effect.type === 'start-erasure');
  const blocked = decision.effects.find((effect) => effect.type === 'blocked');
  if (start === undefined) {
    await saveItem(deps, item, {
      status: blocked === undefined ? 'done' : 'blocked',
      reasons: blocked?.reasons.map((reason) => `${reason.message}. ${reason.hint}`) ?? [],
      facts: { status: after?.status, sent: decision.effects.filter((effect) => effect.type === 'send-notice' || effect.type === 'mail').length },
    });
    return { outcome: 'waiting' as const };
  }
  const answer = await askGate(deps, { kind: 'erasure', scope: value.scope, caseStep: 'start' }, { case: value, ...(await limits(deps, value)) });
  if (!answer.allowed) {
    await saveItem(deps, item, { status: 'blocked', reasons: answer.reasons.map((reason) => `${reason.message}. ${reason.hint}`), facts: { status: after?.status } });
    return { outcome: 'waiting' as const };
  }
  await saveItem(deps, item, { status: 'running', facts: { attempt: start.attempt } });
  return { outcome: 'due' as const };
});

async function limits(deps: Deps, value: Case): Promise<{ erasuresPerDay: number }> {
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  if (tenant === undefined) return { erasuresPerDay: 0 };
  return { erasuresPerDay: (await planOf(deps, tenant)).plan.limits.erasuresPerDay };
}

/** At most so many tenants are newly noticed a day (design §3): a fault upstream must not tell every customer goodbye at once. */
async function noticeLimit(deps: Deps, value: Case): Promise<string | undefined> {
  if (value.status !== 'opened' || value.noticeSentAt !== undefined || value.reason === 'customer-request') return undefined;
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  if (tenant === undefined) return undefined;
  const { limits: limit } = (await planOf(deps, tenant)).plan;
  const all = await tenants.list(deps.table, 'TENANTS');
  const allowed = Math.max(limit.noticesPerDay, Math.floor((all.length * limit.noticesPerDayPercent) / 100));
  const today = localDay(deps.clock.now(), 'UTC');
  const noticed = new Set<string>();
  for (const { value: other } of await cases.all(deps.table)) {
    if (other.noticeSentAt !== undefined && localDay(other.noticeSentAt, 'UTC') === today) noticed.add(other.tenant);
  }
  if (noticed.has(value.tenant) || noticed.size < allowed) return undefined;
  return `${noticed.size} tenants were newly noticed today, and at most ${allowed} may be; the notice of case ${value.id} waits until tomorrow`;
}
