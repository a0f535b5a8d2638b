import { z } from 'zod';
import { cases, runRequests } from '../records.ts';
import { useCase } from '../use-case.ts';
import { erasureItemOf, saveErasureItem } from './erasure-state.ts';
import { raiseAlert } from './raise-alert.ts';
import { changeItem } from './run-items.ts';

const input = z.object({
  run: z.string().min(1).max(80),
  item: z.int().min(0).optional(),
  /** As the state machine caught it. `Cause` is text on one runtime and JSON on others: kept for people, never parsed for decisions. */
  error: z.object({ Error: z.string(), Cause: z.unknown().optional() }),
});

/** As many reasons as a source keeps: a thousand shards may fail, each for a reason of its own. */
const mostReasons = 20;

/** Records that a step failed for good: on its item, which then counts as failed, or as an alert about the run itself. */
export const recordFault = useCase(input, async (deps, { run, item, error }) => {
  const reason = `${error.Error}: ${messageOf(error.Cause)}`.slice(0, 2000);
  const caseId = (await runRequests.read(deps.table, run))?.value.caseId;
  if (item === undefined) {
    // An erasure's fault may quote what it met: the alert goes with the tenant's traces.
    const tenant = caseId === undefined ? undefined : (await cases.read(deps.table, caseId))?.value.tenant;
    const message = `Run ${run} failed: ${reason}`;
    await raiseAlert(deps, { kind: 'run-failed', subject: run, message, ...(tenant === undefined ? {} : { tenant }) });
    return { outcome: 'recorded' as const };
  }
  if (caseId !== undefined) {
    // A source of an erasure stays at its stage: the next attempt goes on from there.
    await saveErasureItem(deps, await erasureItemOf(deps, caseId, item), { reasons: [reason] });
    return { outcome: 'recorded' as const };
  }
  const status = error.Error === 'BlockedError' ? 'blocked' : error.Error === 'ConflictError' ? 'busy' : 'failed';
  // Shards of one source may fail at the same time, and often for the same reason.
  await changeItem(deps, run, item, ({ reasons }) => ({
    status,
    reasons: reasons.includes(reason) ? reasons : [...reasons, reason].slice(-mostReasons),
    facts: { fault: error.Error },
  }));
  return { outcome: 'recorded' as const };
});

function messageOf(cause: unknown): string {
  if (typeof cause !== 'string') return cause === undefined ? 'no cause given' : JSON.stringify(cause);
  try {
    const parsed: unknown = JSON.parse(cause);
    if (typeof parsed === 'object' && parsed !== null && 'errorMessage' in parsed) return String(parsed.errorMessage);
  } catch {
    // Plain text, as the local runner passes it.
  }
  return cause;
}
