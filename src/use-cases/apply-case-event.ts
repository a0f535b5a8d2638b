import type { Deps } from '../deps.ts';
import { type Case, dueAtOf, isOver } from '../domain/case.ts';
import type { Acceptance, DecisionContext, Effect, Refusal } from '../domain/case-decision.ts';
import type { CaseEvent } from '../domain/case-events.ts';
import { casePolicy } from '../domain/case-policy.ts';
import { decide } from '../domain/decide.ts';
import { BlockedError, ConflictError, InvalidError, NotFoundError, type TenureError } from '../domain/errors.ts';
import { fieldOf } from '../domain/field-fault.ts';
import { isLostRace } from '../domain/lost-race.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Write } from '../ports/table.ts';
import { cases, pendingEffects, tenants } from '../records.ts';
import { appendLedger } from './append-ledger.ts';
import { placeWrites } from './daily-places.ts';
import { holdsOf } from './hold-mark.ts';
import { callbackWrites } from './opendsr-callbacks.ts';
import { eventWrites } from './outgoing-events.ts';
import { approvalOf, planOf } from './plan-of.ts';
import { runEffect } from './run-effects.ts';
import { settledAccountWrites } from './settled-account.ts';

/** Events that a sweep repeats every hour and that say nothing by themselves stay out of the ledger. */
const quiet = new Set<CaseEvent['type']>(['tick']);

/** How often a case is decided on anew because others changed it meanwhile. */
const mostTries = 20;

/** How a decision is to be carried out. */
export interface ApplyOptions {
  /**
   * Writes of the caller's in the same transaction. A function is asked anew for each try, before anything is read that the
   * decision stands on. A list is tried once: what its conditions stand on is for the caller to read again.
   */
  writes?: readonly Write[] | (() => Promise<readonly Write[]>);
  /** What the code in a mail is, for the effect that sends it; never stored. */
  secrets?: { code: string };
}

/**
 * One event happens to a case: load, decide, store with the ledger entry in one transaction, then carry out the effects.
 * Effects are stored first, so that a crash between the two leaves them to the next sweep. A refusal is returned, not thrown.
 */
export async function applyCaseEvent(
  deps: Deps,
  caseId: string,
  event: CaseEvent,
  options: ApplyOptions = {},
): Promise<Acceptance | Refusal> {
  for (let attempt = 0; ; attempt++) {
    const writes = typeof options.writes === 'function' ? await options.writes() : (options.writes ?? []);
    const stored = event.type === 'open' ? undefined : await cases.read(deps.table, caseId);
    if (stored === undefined && event.type !== 'open') {
      throw new NotFoundError(`there is no case ${caseId}`, { hint: '`tenure case list` shows all cases.' });
    }
    const tenantId = event.type === 'open' ? event.scope.tenant : (stored?.value.tenant ?? '');
    const tenant = (await tenants.read(deps.table, tenantId))?.value;
    if (tenant === undefined)
      throw new NotFoundError(`there is no tenant ${tenantId}`, { hint: '`tenure tenant list` shows all tenants.' });
    const decision = decide(stored?.value, event, await contextOf(deps, tenant, stored?.value));
    try {
      if (!decision.ok) {
        // A wrong code counts as a try.
        if (decision.case !== undefined)
          await deps.table.transact([cases.write(decision.case, stored?.version ?? 'absent')]);
      } else if (decision.changed) {
        const known = { before: stored?.value, version: stored?.version };
        await store(deps, tenant, event, decision, known, writes);
      }
    } catch (error) {
      // Somebody changed the case meanwhile: decide again on what it is now.
      const mayPass = event.type !== 'open' && !Array.isArray(options.writes) && attempt < mostTries;
      if (isLostRace(error) && mayPass) continue;
      throw error;
    }
    if (!decision.ok) return decision;
    // The first notice goes out with the sweep, which keeps the daily limit on newly noticed tenants.
    const now =
      event.type === 'open' ? decision.effects.filter((effect) => effect.type !== 'send-notice') : decision.effects;
    await carryOut(deps, decision.case, now, options.secrets);
    return decision;
  }
}

/** The same, for callers to whom a refusal is an error. */
export async function requireCaseEvent(
  deps: Deps,
  caseId: string,
  event: CaseEvent,
  options: ApplyOptions = {},
): Promise<Acceptance> {
  const decision = await applyCaseEvent(deps, caseId, event, options);
  if (decision.ok) return decision;
  throw faultOf(decision);
}

/** A refusal as an error. */
export function faultOf(decision: Refusal): TenureError {
  const detail = { hint: decision.hint, details: { reasons: decision.reasons ?? [] }, fields: fieldOf(decision) };
  if (decision.code === 'blocked') return new BlockedError(decision.reason, detail);
  if (decision.code === 'conflict') return new ConflictError(decision.reason, detail);
  // A wrong code is refused, and counts as a try.
  const details = { ...detail.details, ...(decision.case === undefined ? {} : { recorded: true }) };
  return new InvalidError(decision.reason, { ...detail, details });
}

/** Carries effects out, applies what they bring about, and only then forgets them. */
export async function carryOut(
  deps: Deps,
  value: Case,
  effects: readonly Effect[],
  secrets?: { code: string },
): Promise<void> {
  for (const effect of effects) {
    for (const follow of await runEffect(deps, value, effect, secrets)) {
      await applyCaseEvent(deps, follow.case, follow.event);
    }
  }
  const done = new Set(effects.map((effect) => JSON.stringify(effect)));
  for (const { value: pending } of await pendingEffects.list(deps.table, `EFFECTS#${value.id}`)) {
    if (!done.has(JSON.stringify(pending.effect))) continue;
    await deps.table.transact([pendingEffects.remove(pending.caseId, pending.id)]);
  }
}

async function contextOf(deps: Deps, tenant: Tenant, known: Case | undefined): Promise<DecisionContext> {
  return {
    now: deps.clock.now(),
    plan: known?.policy ?? casePolicy((await planOf(deps, tenant)).plan),
    holds: await holdsOf(deps, tenant.id),
    approval: await approvalOf(deps, tenant.id),
    tenant: { timezone: tenant.timezone, contacts: tenant.contacts.length },
  };
}

async function store(
  deps: Deps,
  tenant: Tenant,
  event: CaseEvent,
  decision: Acceptance,
  { before, version }: { before: Case | undefined; version: number | undefined },
  writes: readonly Write[],
): Promise<void> {
  const row = cases.write(decision.case, version ?? 'absent');
  const isFirstNotice = before?.noticeSentAt === undefined && decision.case.noticeSentAt !== undefined;
  const told = [
    // Whatever made it go out: the day's limit counts it from now on.
    ...(isFirstNotice ? await placeWrites(deps, 'notices', tenant.id) : []),
    ...(await statusEvent(deps, tenant, before, decision.case)),
    ...(await callbackWrites(deps, before, decision.case, tenant.timezone)),
    ...(await settledAccountWrites(deps, before, decision.case, writes)),
  ];
  const lasting = decision.effects
    .filter((effect) => isLasting(effect, event))
    .map((effect, index) =>
      pendingEffects.write({
        caseId: decision.case.id,
        // By the row's version, since what waits from an earlier decision must not be written over.
        id: `${String((version ?? 0) + 1).padStart(6, '0')}-${index}`,
        effect,
      }),
    );
  if (quiet.has(event.type) && lasting.length === 0 && writes.length === 0 && !isOver(decision.case)) {
    await deps.table.transact([row, ...told]);
    return;
  }
  await appendLedger(
    deps,
    {
      tenant,
      type: `case-${event.type}`,
      actor: event.actor.kind,
      // The status is what a recovery from the ledger goes by.
      subjects: [decision.case.id, `status:${decision.case.status}`],
      particulars: { event: { ...event, ...(event.type === 'confirm' ? { code: 'withheld' } : {}) } },
    },
    [row, ...lasting, ...writes, ...told],
  );
}

/** Other systems are told when a case comes to another status. */
async function statusEvent(deps: Deps, tenant: Tenant, before: Case | undefined, after: Case): Promise<Write[]> {
  if (before?.status === after.status) return [];
  return await eventWrites(deps, `case.${after.status}`, {
    tenant: tenant.id,
    data: { case: after.id, reason: after.reason, status: after.status, dueAt: dueAtOf(after) ?? null },
  });
}

/** A blocked sweep says so in its own outcome and is found again by the next one; everything else must not be lost. */
function isLasting(effect: Effect, event: CaseEvent): boolean {
  if (effect.type === 'send-notice' && event.type === 'open') return false;
  return effect.type !== 'blocked' && effect.type !== 'start-erasure';
}
