import type { KeyRef } from '../ports/key-store.ts';
import type { Survivor } from '../ports/object-store.ts';
import { readRecord, readRecords, type SourceScope } from './chain.ts';
import { prefixes, putRecord, type RetiredRecord, rowKeys } from './chain-rows.ts';
import { type Repository, untilUnchanged } from './repository.ts';
import { purgeWork } from './worklist.ts';

/** What finishing did. */
export interface FinishedRetired {
  objects: number;
  survivors: Survivor[];
  /** Keys that a replica did not let go; tried again on the next call. */
  refused: KeyRef[];
}

/**
 * Destroys the keys of roots that a subject erasure has replaced, then deletes what only they listed. The keys first: with
 * them the erased content is gone, whatever becomes of the objects. Repeatable.
 */
export async function finishRetired(repo: Repository, scope: SourceScope): Promise<FinishedRetired> {
  const done: FinishedRetired = { objects: 0, survivors: [], refused: [] };
  for (const { record } of await readRecords<RetiredRecord>(repo.table, scope, prefixes.retired)) {
    const key = rowKeys.retired(scope.tenant, scope.source, record.intent);
    if (record.step === 'swung') {
      const receipts = await repo.keys.destroy(record.keys);
      const refused = record.keys.filter((ref) => !receipts.get(ref)?.every(({ acknowledged }) => acknowledged));
      if (refused.length > 0) {
        done.refused.push(...refused);
        continue;
      }
      await untilUnchanged(async () => {
        const stored = await readRecord<RetiredRecord>(repo.table, key);
        if (stored)
          await repo.table.transact([putRecord(key, { ...stored.record, step: 'keys-destroyed' }, stored.version)]);
      });
    }
    const purged = await purgeWork(repo, scope, record.list);
    done.objects += purged.objects;
    done.survivors.push(...purged.survivors);
    await repo.table.transact([{ delete: key }]);
  }
  return done;
}
