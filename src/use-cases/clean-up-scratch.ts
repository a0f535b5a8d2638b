import { useCase } from '../use-case.ts';
import { paceOf } from './legs.ts';
import { scratchName } from './restore-into-scratch.ts';
import { itemInput } from './run-items.ts';

/** Removes what was restored for the test; what is gone is gone, so a further leg finds the rest. */
export const cleanUpScratch = useCase(itemInput, async (deps, { run, item }) => {
  const pace = paceOf(deps);
  await deps.scratch.remove(scratchName(run, item), { goOn: pace.goOn });
  return { outcome: pace.stopped ? ('more' as const) : ('clean' as const) };
});
