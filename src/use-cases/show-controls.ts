import { z } from 'zod';
import { NotFoundError } from '../domain/errors.ts';
import { useCase } from '../use-case.ts';
import { newestReport } from './control-reports.ts';

/** The newest report of the controls: what every run ends with. NotFoundError before the first. */
export const showControls = useCase(z.strictObject({}), async (deps) => {
  const newest = await newestReport(deps);
  if (newest === undefined) {
    throw new NotFoundError('the controls were never evaluated', {
      hint: 'Every run evaluates them: `tenure run controls`.',
    });
  }
  return newest;
});
