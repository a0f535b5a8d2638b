import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { RunItem } from '../domain/run.ts';
import { backUpShard as copyShard } from '../repository/backup.ts';
import { useCase } from '../use-case.ts';
import { damagedPacksOf, recordMetDamage } from './record-damage.ts';
import { intentOf, itemInput, itemOf, subjectOf } from './run-items.ts';

const input = itemInput.extend({ shard: z.int().min(0) });

/**
 * Copies one shard of a source, or as much of it as time allows (`more`: it goes on when it is called again): what changed since
 * the parent snapshot is read, and what lies in a damaged pack; the rest is carried over. A source that another shard has
 * failed is not copied any further.
 */
export const backUpShard = useCase(input, async (deps, { run, item: ordinal, shard }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status !== 'running') return { outcome: item.status === 'done' ? ('done' as const) : ('failed' as const) };
  return { outcome: await copyLegOf(deps, item, shard) };
});

/** One leg of a shard of the source that an item is about. */
export async function copyLegOf(deps: Deps, item: RunItem, shard: number): Promise<'more' | 'done'> {
  const { tenant, source } = await subjectOf(deps, item);
  const intent = intentOf(item);
  const scope = { tenant: tenant.id, source: source.name };
  const label = `${tenant.id}/${source.name}`;
  const { outcome, damaged } = await copyShard(deps, intent, deps.sourceDriver(source), {
    shard,
    timeLeft: deps.timeLeft,
    damagedPacks: await damagedPacksOf(deps, scope),
    progress: (done) => deps.progress({ what: `backing up ${label}`, objects: done.objects, bytes: done.bytes }),
  });
  if (damaged.length > 0) await recordMetDamage(deps, scope, intent.takenAt, damaged);
  return outcome;
}
