import type { Deps } from '../deps.ts';
import type { Download } from '../domain/download.ts';
import { downloads, tracesOf } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';

/**
 * Removes downloads of a tenant: what lies in scratch, also parts of an upload that broke off, and then the record, so that nothing
 * leads there any more and whoever still prepares one finds that nobody waits for it. Repeatable.
 *
 * @returns how many
 */
export async function forgetDownloads(
  deps: Pick<Deps, 'table' | 'scratch'>,
  tenant: string,
  isOne: (download: Download) => boolean | Promise<boolean>,
): Promise<number> {
  const { pk } = tracesOf(tenant, { pk: '', sk: '' });
  let count = 0;
  for (const { sk: id } of await deps.table.queryIndex(2, pk, { prefix: `${downloads.key('').pk}|` })) {
    const isForgotten = await untilUnchanged(async () => {
      const stored = await downloads.read(deps.table, id);
      if (stored === undefined || !(await isOne(stored.value))) return false;
      await deps.scratch.remove(id);
      // What has come to lie there in between changes the record, and is removed by another try.
      await deps.table.transact([{ delete: downloads.key(id), when: stored.version }]);
      return true;
    });
    if (isForgotten) count++;
  }
  return count;
}
