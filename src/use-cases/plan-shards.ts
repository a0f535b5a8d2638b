import { useCase } from '../use-case.ts';
import { itemInput, itemOf } from './run-items.ts';

/** Decides in which shards a source is copied. */
export const planShards = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  await itemOf(deps, run, ordinal);
  return { outcome: 'shards' as const, shards: [0] };
});
