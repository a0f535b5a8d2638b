import type { Survivor } from '../ports/object-store.ts';
import type { SourceScope } from './chain.ts';
import { chainPartition, prefixes, putRecord, recordOf, rowKeys, type WorkRecord } from './chain-rows.ts';
import { purge, purgePage } from './leftovers.ts';
import type { Repository } from './repository.ts';

/** Writes a worklist of objects in pages. */
export async function writeWork(
  repo: Repository,
  scope: SourceScope,
  list: string,
  objects: readonly string[],
): Promise<void> {
  for (let at = 0, page = 0; at < objects.length; at += purgePage, page++) {
    const record: WorkRecord = { objects: objects.slice(at, at + purgePage) };
    await repo.table.transact([putRecord(rowKeys.work(scope.tenant, scope.source, list, page), record)]);
  }
}

/** Purges the objects of a worklist page by page; a page's row goes after its objects, so that a crash repeats the page. */
export async function purgeWork(
  repo: Repository,
  scope: SourceScope,
  list: string,
): Promise<{ objects: number; survivors: Survivor[] }> {
  const total = { objects: 0, survivors: [] as Survivor[] };
  const prefix = `${prefixes.work}${list}#`;
  for (const row of await repo.table.query(chainPartition(scope.tenant, scope.source), { prefix })) {
    const purged = await purge(repo, scope, recordOf<WorkRecord>(row).record.objects);
    total.objects += purged.objects;
    total.survivors.push(...purged.survivors);
    await repo.table.transact([{ delete: { pk: row.pk, sk: row.sk } }]);
  }
  return total;
}

/** Deletes the rows of a source whose sort key has this prefix. */
export async function deleteRows(repo: Repository, { tenant, source }: SourceScope, prefix: string): Promise<number> {
  const rows = await repo.table.query(chainPartition(tenant, source), { prefix });
  for (let at = 0; at < rows.length; at += 100) {
    await repo.table.transact(rows.slice(at, at + 100).map(({ pk, sk }) => ({ delete: { pk, sk } })));
  }
  return rows.length;
}
