import type { Deps } from '../deps.ts';
import { addHours, isBefore } from '../domain/calendar.ts';
import { UnavailableError } from '../domain/errors.ts';
import type { RunItem } from '../domain/run.ts';
import type { ManagedRestore } from '../ports/managed-backup.ts';
import { useCase } from '../use-case.ts';
import { itemInput, itemOf, saveItem } from './run-items.ts';

/** AWS Backup begins a test within the hour of its schedule; what has not begun by then does not begin. */
const beginHours = 3;

/** A restore that takes longer is not waited for: the next run would meet it. */
const endHours = 24;

/** Looks how the restore of a point stands at AWS Backup. */
export const checkManagedRestore = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.facts.restored !== undefined) return { outcome: 'restored' as const };
  const restore = await lookAt(deps, item.facts.test as string);
  const { status, recoveryPoint, restored, bytes, durationMs, jobId } = restore;
  if (status === 'waiting' && !isLate(deps, item, beginHours)) return { outcome: 'running' as const };
  if (status === 'running' && !isLate(deps, item, endHours)) return { outcome: 'running' as const };
  // AWS Backup has chosen the point: the verdict is about that one.
  const subject = recoveryPoint === undefined ? {} : { subject: recoveryPoint };
  if (status !== 'restored') {
    const why = {
      waiting: `AWS Backup began no restore within ${beginHours} hours`,
      running: `AWS Backup did not end the restore within ${endHours} hours`,
      failed: `AWS Backup could not restore it: ${restore.reason ?? 'it gives no reason'}`,
    }[status];
    // A restore that failed says something of the copy; one that never ran does not.
    const restoreFailed = status === 'failed' && jobId !== undefined;
    await saveItem(deps, item, { ...subject, reasons: [...item.reasons, why], facts: { restoreFailed } });
    return { outcome: 'failed' as const };
  }
  await saveItem(deps, item, {
    ...subject,
    facts: { restored: restored ?? '', restoreJob: jobId ?? '', bytes: bytes ?? 0, durationMs: durationMs ?? 0 },
  });
  return { outcome: 'restored' as const };
});

/** What does not answer for a while is looked at again, as long as the restore may take. */
async function lookAt(deps: Deps, test: string): Promise<ManagedRestore> {
  try {
    return await deps.managed.restoreTest(test);
  } catch (error) {
    if (error instanceof UnavailableError) return { status: 'running' };
    throw error;
  }
}

function isLate(deps: Deps, item: RunItem, hours: number): boolean {
  return isBefore(addHours(item.facts.askedAt as string, hours), deps.clock.now());
}
