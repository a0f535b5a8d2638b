import type { Deps } from '../deps.ts';
import { ConflictError } from '../domain/errors.ts';
import type { Row } from '../ports/table.ts';
import { expiringUnder } from '../records.ts';

/** Rows of one look. */
const atOnce = 100;

/**
 * Removes rows whose time is over: answers kept under an idempotency key, windows of rate limits, downloads, events that were told
 * apart, who came in. Repeatable, and never in a hurry: what is left is taken the next time.
 *
 * @returns how many were removed
 */
export async function forgetExpired(deps: Deps): Promise<number> {
  const to = new Date(deps.clock.wall()).toISOString();
  for (let removed = 0; ; ) {
    const rows = await deps.table.queryIndex(1, expiringUnder, { to, limit: atOnce });
    const gone = await Promise.all(rows.map(async (row) => await forget(deps, row)));
    const count = gone.filter(Boolean).length;
    removed += count;
    // An index may still name what is gone: a look that removes nothing is the last.
    if (rows.length < atOnce || count === 0 || deps.timeLeft() <= 0) return removed;
  }
}

/** A row that was written anew meanwhile stays. */
async function forget(deps: Deps, { pk, sk, version }: Row): Promise<boolean> {
  try {
    await deps.table.transact([{ delete: { pk, sk }, when: version }]);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}
