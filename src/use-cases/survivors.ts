import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { RemainderItem } from '../domain/case-events.ts';
import { BlockedError } from '../domain/errors.ts';
import { addToGroups, countOf, type RemainderGroup, remainderOf } from '../domain/remainder-groups.ts';
import { sources } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { forgetScope, purgeScopeObjects, sweepScope } from '../repository/drop-source.ts';
import { openSnapshot } from '../repository/read-snapshot.ts';
import { beginStep, erasureItemsOf, recordStep, saveErasureItem, selectionOf } from './erasure-state.ts';
import type { Pace } from './legs.ts';
import { chosenBy } from './scope-choice.ts';

/** Items that a report lists; a tenant may have thousands of sources, and the case holds the list. */
const mostItems = 200;

/** Where a look for survivors has stopped, and what it has found; JSON. */
export interface Search {
  left: RemainderItem[];
  /** The source, or the copy, that is looked at: its place in the list, how far, and what was found in it. */
  at: number;
  after?: string;
  part?: number;
  groups: RemainderGroup[];
  /** Stored objects that a purge has removed at last. */
  purged: number;
}

/** A search that begins. */
export const newSearch: Search = { left: [], at: 0, groups: [], purged: 0 };

/**
 * Live objects of the scope that are there still, or again. Their source is taken through all its steps once more by the next
 * attempt: what was locked then goes, where its date has come.
 *
 * @returns where it stopped, with `done` at the end
 */
export async function liveSurvivors(
  deps: Deps,
  value: Case,
  from: Search,
  pace: Pace,
): Promise<{ search: Search; done: boolean }> {
  let search = from;
  const items = await erasureItemsOf(deps, value.id);
  for (const item of items.slice(from.at)) {
    const source = (await sources.read(deps.table, item.tenant, item.source))?.value;
    const driver = source === undefined ? undefined : deps.sourceDriver(source);
    if (source !== undefined && driver?.capabilities.sweep === true) {
      const after = search.after === undefined ? {} : { after: Buffer.from(search.after, 'base64url') };
      for await (const { key, ...survivor } of driver.survivors(selectionOf(value), after)) {
        search = {
          ...search,
          groups: addToGroups(search.groups, survivor),
          after: key.toString('base64url'),
        };
        if (!pace.goOn()) return { search, done: false };
      }
      if (search.groups.length > 0)
        await saveErasureItem(deps, item, { stage: 'inventoried', passes: 0, againIn: value.attempts + 1 });
    }
    search = next(search, `live: ${item.kind} ${item.location}`, 'objects');
    if (search.at < items.length && !pace.goOn()) return { search, done: false };
  }
  return { search, done: true };
}

/** What the copies still hold of the scope. What a store could not remove before is purged again first: it may go by now. */
export async function storedSurvivors(
  deps: Deps,
  value: Case,
  from: Search,
  pace: Pace,
): Promise<{ search: Search; done: boolean }> {
  if (value.scope.paths !== undefined) return await listedStill(deps, value, from, pace);
  const scope = {
    tenant: value.scope.tenant,
    ...(value.scope.source === undefined ? {} : { source: value.scope.source }),
  };
  const found = await sweepScope(deps, scope);
  let search = from;
  if (found.objects.length > 0 || from.after !== undefined) {
    search = await purgeAgain(deps, value, from, pace);
    if (search.after !== undefined) return { search, done: false };
  }
  search = next(search, 'copies: primary', 'stored objects');
  const { keys } = found;
  if (keys.length > 0) {
    const left = { place: 'keys', what: `${keys.length} keys`, reason: 'a replica still holds them' };
    search = { ...search, left: [...search.left, left] };
  }
  if (search.left.length === from.left.length) await forgetScope(deps, scope);
  return { search, done: true };
}

async function purgeAgain(deps: Deps, value: Case, from: Search, pace: Pace): Promise<Search> {
  const reasons = await beginStep(deps, value, 'delete stored objects that could not go before');
  if (reasons !== undefined) throw new BlockedError(reasons.map((reason) => reason.message).join('; '));
  const startedAt = deps.clock.now();
  const { tenant, source } = value.scope;
  const scope = { tenant, ...(source === undefined ? {} : { source }) };
  const { after, ...before } = from;
  const purged = await purgeScopeObjects(deps, scope, { goOn: pace.goOn, ...(after === undefined ? {} : { after }) });
  const search: Search = {
    ...before,
    purged: before.purged + purged.objects,
    groups: [...before.groups, ...purged.left].reduce<RemainderGroup[]>(
      (groups, { count, ...left }) => addToGroups(groups, left, count),
      [],
    ),
  };
  if (purged.stoppedAfter !== undefined) return { ...search, after: purged.stoppedAfter };
  if (search.purged > 0) {
    await recordStep(deps, value.id, {
      place: 'copies: primary',
      operation: `delete stored objects that could not go before (attempt ${value.attempts})`,
      startedAt,
      endedAt: deps.clock.now(),
      result: 'done',
      detail: `${search.purged} stored objects removed, ${countOf(search.groups)} left`,
    });
  }
  return search;
}

/** Reads every copy of the source again, part by part, and looks for the chosen paths. */
async function listedStill(
  deps: Deps,
  value: Case,
  from: Search,
  pace: Pace,
): Promise<{ search: Search; done: boolean }> {
  const chosen = chosenBy(value);
  const { tenant, source = '' } = value.scope;
  const snapshots = await listSnapshots(deps, { tenant, source, status: 'live' });
  let search = from;
  for (const snapshot of snapshots.slice(from.at)) {
    const reader = await openSnapshot(deps, snapshot);
    let part = search.part ?? 0;
    for await (const { entries } of reader.parts({ from: part })) {
      const found = entries.filter(({ key, segment }) => segment === 0 && chosen(key)).length;
      part++;
      const groups =
        found === 0 ? search.groups : addToGroups(search.groups, { reason: 'the copy still lists them' }, found);
      search = { ...search, part, groups };
      if (part < reader.root.parts.length && !pace.goOn()) return { search, done: false };
    }
    search = next(search, `copies: primary, ${source}`, `entries in copy ${snapshot.id}`);
    if (search.at < snapshots.length && !pace.goOn()) return { search, done: false };
  }
  return { search, done: true };
}

/** The search after one place: what was found in it is on the list. */
function next({ left, groups, at, purged }: Search, place: string, what: string): Search {
  return { left: withItems(left, remainderOf(groups, place, what)), at: at + 1, groups: [], purged };
}

/** Beyond as many items as a report lists, the rest is one of them: what stays longest decides about it. */
function withItems(list: readonly RemainderItem[], more: readonly RemainderItem[]): RemainderItem[] {
  const all = [...list, ...more];
  if (all.length <= mostItems) return all;
  const rest = all.slice(mostItems - 1);
  const ends = rest.map(({ until }) => until);
  const until = ends.includes(undefined) ? undefined : ends.sort().at(-1);
  const place = 'further places';
  const what = 'what is left of them; the record of each source says how much';
  return [
    ...all.slice(0, mostItems - 1),
    { place, what, reason: rest[0]?.reason ?? '', ...(until === undefined ? {} : { until }) },
  ];
}
