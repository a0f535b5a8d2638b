import { z } from 'zod';
import { NotFoundError } from '../domain/errors.ts';
import { controlReports } from '../records.ts';
import { useCase } from '../use-case.ts';

/** The newest report of the controls: what every run ends with. NotFoundError before the first. */
export const showControls = useCase(z.strictObject({}), async (deps) => {
  const [newest] = await controlReports.list(deps.table, 'CONTROLS', { reverse: true, limit: 1 });
  if (newest === undefined) {
    throw new NotFoundError('the controls were never evaluated', {
      hint: 'Every run evaluates them: `tenure run controls`.',
    });
  }
  return newest.value;
});
