import type { Deps } from '../deps.ts';
import type { RunItem } from '../domain/run.ts';
import { planShards as cutSource } from '../repository/plan-shards.ts';
import { plannedShards } from '../repository/shard-plan.ts';
import { isSmallSource } from '../repository/small-source.ts';
import { useCase } from '../use-case.ts';
import { copyLegOf } from './back-up-shard.ts';
import { commitSnapshot } from './commit-snapshot.ts';
import { releaseSource } from './release-source.ts';
import { intentOf, itemInput, itemOf, subjectOf } from './run-items.ts';

/** The answer: `finished` needs nothing more, `committed` its release command, `failed` to be released too. */
interface Planned {
  outcome: 'shards' | 'finished' | 'committed' | 'failed';
  /** Ordinals of the shards. */
  shards: number[];
}

/**
 * Decides in which shards a source is copied. A small source is copied and committed here and now, so that thousands of small
 * tenants do not cost millions of steps; where time runs out meanwhile, what is left becomes shards like any other.
 */
export const planShards = useCase(itemInput, async (deps, { run, item: ordinal }): Promise<Planned> => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'running') {
    if (!(await copiedAtOnce(deps, item))) {
      const { source } = await subjectOf(deps, item);
      // One process on one machine is as fast in one go, and its memory stays that of one.
      const most = Number.isFinite(deps.timeLeft()) ? {} : { most: 1 };
      const { shards } = await cutSource(deps, intentOf(item), deps.sourceDriver(source), most);
      return { outcome: 'shards', shards: Array.from({ length: shards }, (_, shard) => shard) };
    }
    await commitSnapshot.typed(deps, { run, item: ordinal });
  } else if (item.status !== 'done') return { outcome: 'failed', shards: [] };
  const { source } = await subjectOf(deps, item);
  // A command may fail for reasons of its own: it gets a step of its own.
  if (source.release !== undefined) return { outcome: 'committed', shards: [] };
  await releaseSource.typed(deps, { run, item: ordinal });
  return { outcome: 'finished', shards: [] };
});

/** Copies a small source; false: it is not small, time was up, or shards were planned before. */
async function copiedAtOnce(deps: Deps, item: RunItem): Promise<boolean> {
  if ((await plannedShards(deps, intentOf(item))) !== undefined) return false;
  const { source } = await subjectOf(deps, item);
  if (!(await isSmallSource(deps, intentOf(item), deps.sourceDriver(source)))) return false;
  return (await copyLegOf(deps, item, 0)) === 'done';
}
