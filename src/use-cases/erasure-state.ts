import type { Deps } from '../deps.ts';
import { type Case, isTooLate } from '../domain/case.ts';
import { systemActor } from '../domain/case-events.ts';
import type { ErasureItem, ErasureRecord, ErasureStep } from '../domain/erasure.ts';
import { NotFoundError } from '../domain/errors.ts';
import { type Leg, sameLeg } from '../domain/leg.ts';
import type { Reason } from '../domain/reason.ts';
import { isWholeTenant } from '../domain/scope.ts';
import { cases, erasureItems, erasures, ordinal, tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { appendLedger } from './append-ledger.ts';
import { applyCaseEvent } from './apply-case-event.ts';
import { askGate } from './ask-gate.ts';
import { takePlace } from './daily-places.ts';
import { noFurtherHold } from './hold-mark.ts';
import { nextLeg } from './legs.ts';
import { planOf } from './plan-of.ts';
import { raiseAlert } from './raise-alert.ts';
import { requestOf } from './run-items.ts';
import { requireTenant } from './tenant-fields.ts';

/** Reasons that an alert spells out. */
const toldReasons = 20;

/** The case that an erasure run is about, as it is now. */
export async function caseOfRun(deps: Deps, run: string): Promise<Case> {
  const { caseId } = await requestOf(deps, run);
  const stored = caseId === undefined ? undefined : await cases.read(deps.table, caseId);
  if (stored === undefined) throw new NotFoundError(`run ${run} names no case`);
  return stored.value;
}

/**
 * Asks the gate and the case before a destructive step, and puts on record that it begins. `undefined`: go ahead. Otherwise the
 * reasons, which the operator is told of. The case itself notes each kind of step once, whichever source comes first. A hold that
 * is placed between the question and the record makes it ask again.
 */
export async function beginStep(deps: Deps, value: Case, step: string, source?: string): Promise<Reason[] | undefined> {
  const limits = await limitsOf(deps, value);
  const ask = async () =>
    await askGate(deps, { kind: 'erasure', scope: value.scope, caseStep: step }, { case: value, ...limits });
  const isFirst = isWholeTenant(value.scope) && !isTooLate(value);
  const answer = isFirst ? await takePlace(deps, 'erasures', value.id, ask) : await ask();
  let reasons: Reason[] | undefined = answer.allowed ? undefined : answer.reasons;
  reasons ??= await untilUnchanged(async () => await recordBegin(deps, value, step, source));
  const where = source === undefined ? step : `${source}: ${step}`;
  if (reasons !== undefined) await tellBlocked(deps, value, where, reasons);
  return reasons;
}

async function recordBegin(deps: Deps, value: Case, step: string, source?: string): Promise<Reason[] | undefined> {
  const condition = async () => [await noFurtherHold(deps, value.tenant)];
  const sinceThen = await condition();
  const begun = { type: 'begin-step' as const, step, ...(source === undefined ? {} : { source }) };
  const event = { ...begun, at: deps.clock.now(), actor: systemActor };
  const decision = await applyCaseEvent(deps, value.id, event, { writes: condition });
  if (!decision.ok)
    return [...(decision.reasons ?? [{ code: decision.code, message: decision.reason, hint: decision.hint }])];
  if (decision.changed) return undefined;
  const { value: tenant } = await requireTenant(deps, value.tenant);
  const entry = { type: 'case-begin-step', actor: 'system', subjects: [value.id], particulars: { event } };
  await appendLedger(deps, { tenant, ...entry }, sinceThen);
  return undefined;
}

/** Limits of the tenant's plan for the gate. */
export async function limitsOf(deps: Deps, value: Case): Promise<{ erasuresPerDay: number }> {
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  if (tenant === undefined) return { erasuresPerDay: 0 };
  return { erasuresPerDay: (await planOf(deps, tenant)).plan.limits.erasuresPerDay };
}

/** Statuses in which an erasure is wanted: of a case that was called off or stopped meanwhile nothing stands still. */
const wanted: readonly Case['status'][] = ['due', 'erasing', 'remainder'];

/** Tells the operator that an erasure stands still, and why. */
export async function tellBlocked(deps: Deps, value: Case, step: string, reasons: readonly Reason[]): Promise<void> {
  const now = (await cases.read(deps.table, value.id))?.value;
  if (now !== undefined && !wanted.includes(now.status)) return;
  const told = reasons.slice(0, toldReasons).map((reason) => `${reason.message}. ${reason.hint}`);
  if (reasons.length > toldReasons) told.push(`And ${reasons.length - toldReasons} more.`);
  const message = `The erasure of case ${value.id} stands before "${step}": ${told.join(' ')}`;
  await raiseAlert(deps, { kind: 'erasure-blocked', subject: value.id, tenant: value.tenant, message });
}

/** The facts of an erasure collected so far. */
export async function erasureOf(deps: Deps, caseId: string): Promise<ErasureRecord> {
  const stored = await erasures.read(deps.table, caseId);
  if (stored === undefined) throw new NotFoundError(`case ${caseId} has no erasure on record`);
  return stored.value;
}

/** Changes the erasure's record; other sources may be changing it at the same time. */
export async function changeErasure(
  deps: Deps,
  caseId: string,
  change: (record: ErasureRecord) => ErasureRecord,
): Promise<void> {
  await untilUnchanged(async () => {
    const stored = await erasures.read(deps.table, caseId);
    if (stored === undefined) throw new NotFoundError(`case ${caseId} has no erasure on record`);
    await deps.table.transact([erasures.write(change(stored.value), stored.version)]);
  });
}

/** Records an operation on the scope as a whole. */
export async function recordStep(deps: Deps, caseId: string, step: ErasureStep): Promise<void> {
  await changeErasure(deps, caseId, (record) => ({ ...record, steps: withStep(record.steps, step) }));
}

/** Records an operation on a source, all its legs together, and how far the source has come by it. */
export async function recordItemStep(
  deps: Deps,
  item: ErasureItem,
  step: ErasureStep,
  change: ErasureChange,
): Promise<ErasureItem> {
  return await saveErasureItem(deps, item, {
    ...change,
    steps: withStep(item.steps, step),
    reasons: [],
    leg: undefined,
  });
}

/**
 * What a step has achieved stays on record when it runs again, after a crash for instance: the repetition finds nothing left to
 * do, and would say so.
 */
function withStep(steps: readonly ErasureStep[], step: ErasureStep): ErasureStep[] {
  const known = steps.some(({ place, operation }) => place === step.place && operation === step.operation);
  return known ? [...steps] : [...steps, step];
}

/** One source of an erasure. */
export async function erasureItemOf(deps: Deps, caseId: string, item: number): Promise<ErasureItem> {
  const stored = await erasureItems.read(deps.table, caseId, ordinal(item));
  if (stored === undefined) throw new NotFoundError(`the erasure of ${caseId} has no item ${item}`);
  return stored.value;
}

/** All sources of an erasure. */
export async function erasureItemsOf(deps: Deps, caseId: string): Promise<ErasureItem[]> {
  return (await erasureItems.list(deps.table, `ERASURE#${caseId}`, { prefix: 'ITEM#' })).map((stored) => stored.value);
}

/** What changes of a source's item; `undefined` takes a member away. */
export type ErasureChange = { [Name in keyof ErasureItem]?: ErasureItem[Name] | undefined };

/**
 * Records how far a source's erasure has come, unless it has come further meanwhile: a step that was taken for dead may still
 * be working beside its repetition.
 *
 * @param item as it was read when the step began
 * @returns the item as it is now
 */
export async function saveErasureItem(deps: Deps, item: ErasureItem, change: ErasureChange): Promise<ErasureItem> {
  return await untilUnchanged(async () => {
    const stored = await erasureItems.read(deps.table, item.caseId, ordinal(item.item));
    if (stored === undefined) throw new NotFoundError(`the erasure of ${item.caseId} has no item ${item.item}`);
    if (!isAsFar(stored.value, item)) return stored.value;
    const members = Object.entries({ ...stored.value, ...change }).filter(([, member]) => member !== undefined);
    const saved = Object.fromEntries(members) as unknown as ErasureItem;
    await deps.table.transact([erasureItems.write(saved, stored.version)]);
    return saved;
  });
}

function isAsFar(a: ErasureItem, b: ErasureItem): boolean {
  const marks = ({ stage, passes, againIn, inventory }: ErasureItem) => [stage, passes, againIn, inventory].join();
  return marks(a) === marks(b) && sameLeg(a.leg, b.leg);
}

/** Saves where a step on a source has stopped; `more` makes it go on from there, or from where somebody else has come to. */
export async function stopErasureItem(
  deps: Deps,
  item: ErasureItem,
  { step, run, state }: Pick<Leg, 'step' | 'run' | 'state'>,
): Promise<{ outcome: 'more' }> {
  await saveErasureItem(deps, item, { leg: nextLeg(deps, item.leg, step, run, state) });
  return { outcome: 'more' };
}

/** Saves where a step on the scope as a whole has stopped, unless somebody else has gone on with it. */
export async function stopErasure(
  deps: Deps,
  caseId: string,
  before: Leg | undefined,
  { step, run, state }: Pick<Leg, 'step' | 'run' | 'state'>,
): Promise<{ outcome: 'more' }> {
  const leg = nextLeg(deps, before, step, run, state);
  await changeErasure(deps, caseId, (record) => (sameLeg(record.leg, before) ? { ...record, leg } : record));
  return { outcome: 'more' };
}

/** How a step on live data is called; one that had to be done once more is told apart. */
export function liveOperation(item: ErasureItem, operation: string): string {
  return item.againIn === undefined ? operation : `${operation}, once more in attempt ${item.againIn}`;
}

/** What of a source a case selects, as the driver and the engine take it. */
export function selectionOf(value: Case): { all: true } | { keys: Buffer[] } {
  return value.scope.paths === undefined ? { all: true } : { keys: value.scope.paths.map((path) => Buffer.from(path)) };
}
