import { z } from 'zod';
import type { ScanNotice } from '../ports/source-driver.ts';
import { backUpShard as copyShard } from '../repository/backup.ts';
import { useCase } from '../use-case.ts';
import { intentOf, itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

const input = itemInput.extend({ shard: z.int().min(0) });

/** Copies one shard of a source: what changed since the parent snapshot is read, the rest is carried over. */
export const backUpShard = useCase(input, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant, source } = await subjectOf(deps, item);
  const intent = intentOf(item);
  const label = `${tenant.id}/${source.name}`;
  const shard = await copyShard(deps, intent, deps.sourceDriver(source), {
    progress: (done) => deps.progress({ what: `backing up ${label}`, objects: done.objects, bytes: done.bytes }),
  });
  await saveItem(deps, item, {
    facts: {
      notices: shard.noticeCount,
      firstNotices: shard.notices.slice(0, 20).map(noticeText),
      totals: shard.totals,
    },
  });
  return { outcome: shard.outcome };
});

function noticeText({ key, kind, reason }: ScanNotice): string {
  return `${key.toString()}: ${kind}, ${reason}`;
}
