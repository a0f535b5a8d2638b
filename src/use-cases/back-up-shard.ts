import { z } from 'zod';
import type { ScanNotice } from '../ports/source-driver.ts';
import { backUpShard as copyShard } from '../repository/backup.ts';
import type { DamagedObject } from '../repository/damage.ts';
import { useCase } from '../use-case.ts';
import { damagedPacksOf, recordMetDamage } from './record-damage.ts';
import { intentOf, itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

const input = itemInput.extend({ shard: z.int().min(0) });

/**
 * Copies one shard of a source: what changed since the parent snapshot is read, and what lies in a damaged pack; the rest is
 * carried over.
 */
export const backUpShard = useCase(input, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant, source } = await subjectOf(deps, item);
  const intent = intentOf(item);
  const label = `${tenant.id}/${source.name}`;
  const scope = { tenant: tenant.id, source: source.name };
  const shard = await copyShard(deps, intent, deps.sourceDriver(source), {
    damagedPacks: await damagedPacksOf(deps, scope),
    progress: (done) => deps.progress({ what: `backing up ${label}`, objects: done.objects, bytes: done.bytes }),
  });
  if (shard.damaged.length > 0) await recordMetDamage(deps, scope, intent.takenAt, shard.damaged);
  await saveItem(deps, item, {
    facts: {
      notices: shard.noticeCount,
      unread: shard.notices.filter(({ kind }) => kind === 'unreadable' || kind === 'changed-while-read').length,
      firstNotices: shard.notices.slice(0, 20).map(noticeText),
      totals: shard.totals,
      ...(shard.readAgain > 0 && { readAgain: shard.readAgain }),
      ...(shard.damaged.length > 0 && { damaged: shard.damaged.map(damageText) }),
    },
  });
  return { outcome: shard.outcome };
});

function damageText({ kind, id, reason }: DamagedObject): { key: string; reason: string } {
  return { key: `${kind} ${id} of an earlier copy`, reason };
}

function noticeText({ key, kind, reason }: ScanNotice): string {
  return `${key.toString()}: ${kind}, ${reason}`;
}
