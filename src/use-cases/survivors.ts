import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { RemainderItem } from '../domain/case-events.ts';
import { BlockedError } from '../domain/errors.ts';
import type { Survivor } from '../ports/object-store.ts';
import { sources } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { forgetScope, purgeScopeObjects, sweepScope } from '../repository/drop-source.ts';
import { openSnapshot } from '../repository/read-snapshot.ts';
import { beginStep, erasureItemsOf, recordStep, saveErasureItem, selectionOf } from './erasure-state.ts';
import { chosenBy } from './take-inventory.ts';

/** Live objects of the scope that are there (again). Their source is taken through all its steps once more by the next attempt. */
export async function liveSurvivors(deps: Deps, value: Case): Promise<RemainderItem[]> {
  const left: RemainderItem[] = [];
  for (const item of await erasureItemsOf(deps, value.id)) {
    const source = (await sources.read(deps.table, item.tenant, item.source))?.value;
    if (source === undefined || !deps.sourceDriver(source).capabilities.sweep) continue;
    let count = 0;
    let first = '';
    for await (const survivor of deps.sourceDriver(source).survivors(selectionOf(value))) {
      if (count++ === 0) first = survivor.reason;
    }
    if (count === 0) continue;
    left.push({ place: `live: ${source.kind} ${source.location}`, what: `${count} objects`, reason: first });
    await saveErasureItem(deps, item, { stage: 'inventoried', passes: 0, againIn: value.attempts + 1 });
  }
  return left;
}

/** What the copies still hold of the scope. What a store could not remove before is purged again first: it may go by now. */
export async function storedSurvivors(deps: Deps, value: Case): Promise<RemainderItem[]> {
  if (value.scope.paths !== undefined) return await listedStill(deps, value);
  const scope = {
    tenant: value.scope.tenant,
    ...(value.scope.source === undefined ? {} : { source: value.scope.source }),
  };
  const found = await sweepScope(deps, scope);
  const left = found.objects.length === 0 ? [] : await purgeAgain(deps, value, scope);
  const { keys } = found;
  if (keys.length > 0) left.push({ place: 'keys', what: `${keys.length} keys`, reason: 'a replica still holds them' });
  if (left.length === 0) await forgetScope(deps, scope);
  return left;
}

async function purgeAgain(
  deps: Deps,
  value: Case,
  scope: Parameters<typeof purgeScopeObjects>[1],
): Promise<RemainderItem[]> {
  const reasons = await beginStep(deps, value, 'delete stored objects that could not go before');
  if (reasons !== undefined) throw new BlockedError(reasons.map((reason) => reason.message).join('; '));
  const startedAt = deps.clock.now();
  const { objects, survivors } = await purgeScopeObjects(deps, scope);
  if (objects > 0) {
    await recordStep(deps, value.id, {
      place: 'copies: primary',
      operation: `delete stored objects that could not go before (attempt ${value.attempts})`,
      startedAt,
      endedAt: deps.clock.now(),
      result: 'done',
      detail: `${objects} stored objects removed, ${survivors.length} left`,
    });
  }
  return remainderOf(survivors);
}

/** One item for everything that stays for the same reason until the same time. */
function remainderOf(survivors: readonly Survivor[]): RemainderItem[] {
  const groups = Map.groupBy(survivors, ({ reason, until }) => JSON.stringify([reason, until]));
  return [...groups.values()].map((group) => {
    const [first] = group;
    return {
      place: 'copies: primary',
      what: `${group.length} stored objects`,
      reason: first?.reason ?? '',
      ...(first?.until === undefined ? {} : { until: first.until }),
    };
  });
}

/** Reads every copy of the source again and looks for the chosen paths. */
async function listedStill(deps: Deps, value: Case): Promise<RemainderItem[]> {
  const chosen = chosenBy(value);
  const left: RemainderItem[] = [];
  const { tenant, source } = value.scope;
  for (const snapshot of await listSnapshots(deps, { tenant, source: source ?? '', status: 'live' })) {
    let count = 0;
    const reader = await openSnapshot(deps, snapshot);
    for await (const batch of reader.entries()) count += batch.filter((entry) => chosen(entry.key)).length;
    if (count > 0)
      left.push({
        place: `copies: primary, ${source}`,
        what: `${count} entries in copy ${snapshot.id}`,
        reason: 'the copy still lists them',
      });
  }
  return left;
}
