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

/** What a purge of a worklist did. */
export interface PurgedWork {
  objects: number;
  /** The first thousand; all are on record and are tried again. */
  survivors: Survivor[];
  /** It was told to stop. */
  stopped: boolean;
}

const mostSurvivors = 1000;
/** Pages of a list that are in memory together: a list may be a million objects long. */
const pagesAtOnce = 20;

/**
 * Purges the objects of a worklist page by page; a page's row goes after its objects, so that a crash repeats the page.
 *
 * @param goOn asked after each page; once it answers false the rest stays for another call
 */
export async function purgeWork(
  repo: Repository,
  scope: SourceScope,
  list: string,
  goOn: () => boolean = () => true,
): Promise<PurgedWork> {
  const total: PurgedWork = { objects: 0, survivors: [], stopped: false };
  const range = { prefix: `${prefixes.work}${list}#`, limit: pagesAtOnce };
  for (;;) {
    const rows = await repo.table.query(chainPartition(scope.tenant, scope.source), range);
    for (const row of rows) {
      const purged = await purge(repo, scope, recordOf<WorkRecord>(row).record.objects);
      total.objects += purged.objects;
      total.survivors.push(...purged.survivors.slice(0, mostSurvivors - total.survivors.length));
      await repo.table.transact([{ delete: { pk: row.pk, sk: row.sk } }]);
      if (!goOn()) return { ...total, stopped: true };
    }
    if (rows.length < pagesAtOnce) return total;
  }
}

/** Deletes the rows of a source whose sort key has this prefix. */
export async function deleteRows(repo: Repository, { tenant, source }: SourceScope, prefix: string): Promise<number> {
  const rows = await repo.table.query(chainPartition(tenant, source), { prefix });
  for (let at = 0; at < rows.length; at += 100) {
    await repo.table.transact(rows.slice(at, at + 100).map(({ pk, sk }) => ({ delete: { pk, sk } })));
  }
  return rows.length;
}
