import { z } from 'zod';
import { useCase } from '../use-case.ts';
import { prepareDownload } from './prepare-download.ts';
import { carryOutRestore } from './restore-jobs.ts';

const input = z.object({
  run: z.string().min(1).max(80),
  /** `rs-…` a restore, `dl-…` a download. */
  job: z.string().regex(/^(?:rs|dl)-[0-9a-f]+$/),
});

/** Carries out what somebody asked for over HTTP. Repeatable: what is done is not done again. `more`: it ran out of time and goes on. */
export const takeOut = useCase(input, async (deps, { job }): Promise<{ outcome: 'done' | 'more' }> => {
  if (job.startsWith('rs-')) return { outcome: await carryOutRestore(deps, job) };
  await prepareDownload(deps, job);
  return { outcome: 'done' };
});
