import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { RunItem, RunRequest, RunSummary } from '../domain/run.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Write } from '../ports/table.ts';
import { ordinal, runItems, runRequests, runSummaries, sources, tenants } from '../records.ts';
import type { Intent } from '../repository/chain-rows.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { settleAlert } from './raise-alert.ts';

/** Input of a step that works on a page of a run's worklist. */
export const pageInput = z.object({ run: z.string().min(1).max(80), page: z.int().min(0) });

/** Input of a step that works on the run as a whole. */
export const runInput = z.object({ run: z.string().min(1).max(80) });

/** Input of a step that works on one item: the run and the ordinal, nothing else travels between states. */
export const itemInput = z.object({ run: z.string().min(1).max(80), item: z.int().min(0) });

/** Ordinals per page: a Map over more would come near the payload limit of 256 KB. */
const pageSize = 5000;

/** What a selecting step answers to its Map. */
export interface SelectedPage {
  /** `more`: the Map runs again with `nextPage`. */
  outcome: 'more' | 'last';
  items: number[];
  nextPage: number;
}

/** Cuts the ordinals of a worklist into pages. */
export function pageOf(count: number, page: number): SelectedPage {
  const from = page * pageSize;
  const to = Math.min(count, from + pageSize);
  const items = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  return { outcome: to < count ? 'more' : 'last', items, nextPage: page + 1 };
}

/** What was asked of this run. */
export async function requestOf(deps: Deps, run: string): Promise<RunRequest> {
  const stored = await runRequests.read(deps.table, run);
  if (stored === undefined) {
    throw new NotFoundError(`run ${run} has no request on record`, {
      hint: 'Start runs with `tenure run …`, which records what is asked.',
    });
  }
  return stored.value;
}

/** Writes a worklist once: a run that is started again keeps the list and the results that it had. */
export async function planItems(
  deps: Deps,
  run: string,
  plan: () => Promise<Omit<RunItem, 'run' | 'item' | 'status' | 'reasons'>[]>,
): Promise<RunItem[]> {
  const known = await itemsOf(deps, run);
  const request = await runRequests.read(deps.table, run);
  if (known[0]?.item === 0 || request === undefined) return known;
  // A process was killed while it wrote the list; nothing was done of it. What is listed now may be another list.
  await writeAll(
    deps,
    known.map((item) => runItems.remove(run, ordinal(item.item))),
  );
  const items = (await plan()).map(
    (item, index): RunItem => ({ run, item: index, status: 'planned', reasons: [], ...item }),
  );
  // From the last to the first: a list whose item 0 is there is complete.
  await writeAll(
    deps,
    items.map((item) => runItems.write(item)),
  );
  return items;
}

/** Writes in as many transactions as it takes, the last writes first. */
export async function writeAll(deps: Deps, writes: readonly Write[]): Promise<void> {
  for (let end = writes.length; end > 0; end -= 100)
    await deps.table.transact(writes.slice(Math.max(0, end - 100), end));
}

/** All items of a run, in order. */
export async function itemsOf(deps: Deps, run: string): Promise<RunItem[]> {
  return (await runItems.list(deps.table, `RUN#${run}`, { prefix: 'ITEM#' })).map((stored) => stored.value);
}

/** One item. */
export async function itemOf(deps: Deps, run: string, item: number): Promise<RunItem> {
  const stored = await runItems.read(deps.table, run, ordinal(item));
  if (stored === undefined) throw new NotFoundError(`run ${run} has no item ${item}`);
  return stored.value;
}

/** The intent that an item's backup has begun. */
export function intentOf(item: RunItem): Intent {
  if (item.facts.intent === undefined) throw new NotFoundError(`item ${item.item} of ${item.run} has begun no backup`);
  return item.facts.intent as Intent;
}

/** Records what came of an item. */
export async function saveItem(deps: Deps, item: RunItem, change: Partial<RunItem>): Promise<RunItem> {
  const saved = { ...item, ...change, facts: { ...item.facts, ...change.facts } };
  await deps.table.transact([runItems.write(saved)]);
  return saved;
}

/** Records something on an item on which others may record something at the same time: nothing of it is lost. */
export async function changeItem(
  deps: Deps,
  run: string,
  item: number,
  change: (before: RunItem) => Partial<RunItem>,
): Promise<void> {
  await untilUnchanged(async () => {
    const stored = await runItems.read(deps.table, run, ordinal(item));
    if (stored === undefined) throw new NotFoundError(`run ${run} has no item ${item}`);
    const { value, version } = stored;
    const changed = change(value);
    const saved = { ...value, ...changed, facts: { ...value.facts, ...changed.facts } };
    await deps.table.transact([runItems.write(saved, version)]);
  });
}

/** The tenant and source of an item. */
export async function subjectOf(deps: Deps, item: RunItem): Promise<{ tenant: Tenant; source: Source }> {
  const tenant = await tenants.read(deps.table, item.tenant);
  const source = item.source === undefined ? undefined : await sources.read(deps.table, item.tenant, item.source);
  if (tenant === undefined || source === undefined)
    throw new NotFoundError(`source ${item.tenant}/${item.source ?? ''} is gone`);
  return { tenant: tenant.value, source: source.value };
}

/** Closes a run: how many items ended how, and what that means for the run. */
export async function summarise(deps: Deps, run: string, extra: Record<string, number> = {}): Promise<RunSummary> {
  const counts: Record<string, number> = { ...extra };
  const items = await itemsOf(deps, run);
  for (const item of items) {
    // What was planned and never done counts as failed: a lost item must not look like success.
    const status = item.status === 'planned' || item.status === 'running' ? 'failed' : item.status;
    counts[status] = (counts[status] ?? 0) + 1;
  }
  const outcome =
    items.length === 0
      ? 'nothing-to-do'
      : counts.failed
        ? 'failed'
        : counts.blocked
          ? 'blocked'
          : counts.busy
            ? 'busy'
            : 'ok';
  const summary: RunSummary = { run, endedAt: deps.clock.now(), outcome, counts };
  await deps.table.transact([runSummaries.write(summary)]);
  await settleAlert(deps, 'run-failed', run, 'the run was started again and has ended');
  return summary;
}
