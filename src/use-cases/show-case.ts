import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { calendarDaysBetween, localDay } from '../domain/calendar.ts';
import { type Case, dueAtOf, isOver, shownStatus } from '../domain/case.ts';
import { NotFoundError } from '../domain/errors.ts';
import { holdsOn } from '../domain/hold.ts';
import { cases, certificates, erasures, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { askGate } from './ask-gate.ts';
import { erasureItemsOf, limitsOf } from './erasure-state.ts';
import { holdsOf } from './hold-mark.ts';

/** A case, or NotFoundError. */
export async function requireCase(deps: Pick<Deps, 'table'>, id: string): Promise<Case> {
  const stored = await cases.read(deps.table, id);
  if (stored !== undefined) return stored.value;
  throw new NotFoundError(`there is no case ${id}`, { hint: '`tenure case list` shows all cases.' });
}

/** A case with what stands in its way, how long it still takes, and how far its erasure has come. */
export const showCase = useCase(z.object({ case: z.string() }), async (deps, { case: id }) => {
  const value = await requireCase(deps, id);
  const placed = await holdsOf(deps, value.tenant);
  const erasure = (await erasures.read(deps.table, id))?.value;
  const certificate = (await certificates.read(deps.table, id))?.value;
  return {
    case: withoutCode(value),
    status: shownStatus(value, placed),
    holds: isOver(value) ? [] : holdsOn(value.scope, placed),
    obstacles: await obstaclesOf(deps, value),
    countdown: await countdownOf(deps, value),
    ...(erasure === undefined ? {} : { erasure, sources: await erasureItemsOf(deps, id) }),
    ...(certificate === undefined
      ? {}
      : { certificate: { id: certificate.id, issuedAt: certificate.issuedAt, digest: certificate.digest } }),
  };
});

/** What would be said if the erasure were to begin, or go on, now. */
async function obstaclesOf(deps: Deps, value: Case) {
  if (isOver(value) || value.status === 'certified') return [];
  const answer = await askGate(
    deps,
    { kind: 'erasure', scope: value.scope },
    { case: value, ...(await limitsOf(deps, value)) },
  );
  return answer.allowed ? [] : answer.reasons;
}

/** Whole local days until the due day and until the first thing may be destroyed; negative once it has passed. */
async function countdownOf(deps: Deps, value: Case) {
  const dueAt = dueAtOf(value);
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  if (dueAt === undefined || tenant === undefined || !('clock' in value) || isOver(value)) return null;
  const today = localDay(deps.clock.now(), tenant.timezone);
  const daysTo = (instant: string): number => calendarDaysBetween(today, localDay(instant, tenant.timezone));
  const { destroyFrom } = value.clock;
  return { dueAt, daysUntilDue: daysTo(dueAt), destroyFrom, daysUntilDestruction: daysTo(destroyFrom) };
}

/** A code cannot be had back from its hash in 48 hours, but nobody needs the hash either. */
function withoutCode(value: Case) {
  if (value.confirmation === undefined) return value;
  const { code, ...confirmation } = value.confirmation;
  return {
    ...value,
    confirmation: { ...confirmation, ...(code === undefined ? {} : { codeExpiresAt: code.expiresAt }) },
  };
}
