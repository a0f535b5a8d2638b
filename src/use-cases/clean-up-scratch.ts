import { useCase } from '../use-case.ts';
import { scratchName } from './restore-into-scratch.ts';
import { itemInput } from './run-items.ts';

/** Removes what was restored for the test. */
export const cleanUpScratch = useCase(itemInput, async (deps, { run, item }) => {
  await deps.scratch.remove(scratchName(run, item));
  return { outcome: 'clean' as const };
});
