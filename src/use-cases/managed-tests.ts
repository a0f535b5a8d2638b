import type { Deps } from '../deps.ts';
import { addHours, isBefore } from '../domain/calendar.ts';
import type { ErasureItem } from '../domain/erasure.ts';
import type { RunItem } from '../domain/run.ts';
import { tracesOf } from '../records.ts';

/** Within this time every test is over: a day for the restore, a day for the clean-up (`check-` and `clean-up-managed-restore`). */
const longestTestHours = 50;

/** What restore tests by AWS Backup hold of a source in the clear. */
export interface HeldByTests {
  /** Tests that run: what they restored is removed at their end. */
  running: number;
  /** What AWS Backup could not remove, in words. */
  left: string[];
}

/** Looks through the runs of restore tests that are on record for a source. */
export async function heldByTests(deps: Deps, { tenant, source }: ErasureItem): Promise<HeldByTests> {
  const { pk } = tracesOf(tenant, { pk: '', sk: '' });
  const rows = await deps.table.queryIndex(2, pk, { prefix: 'RUN#restore-test' });
  const items = rows
    .map((row) => row.data.value as unknown as Partial<RunItem>)
    .filter((item) => item.source === source && item.facts?.test !== undefined);
  const now = deps.clock.now();
  const runs = ({ facts }: Partial<RunItem>) =>
    facts?.verdict === undefined && isBefore(now, addHours(String(facts?.askedAt), longestTestHours));
  return {
    running: items.filter(runs).length,
    left: items.flatMap(({ facts }) => (facts?.left === undefined ? [] : [String(facts.left)])),
  };
}
