import { z } from 'zod';
import { UnavailableError } from '../domain/errors.ts';
import { useCase } from '../use-case.ts';
import { forgetExpired } from './forget-expired.ts';
import { guardLedger } from './guard-ledger.ts';
import { runControls } from './run-controls.ts';

/**
 * Evaluates the controls as a schedule wants it, hourly or after the runs of the day. What the schedule sends along is not looked
 * at. The report is in the catalog (`tenure controls`); the answer counts only, since a function may not answer more than 6 MB.
 *
 * A catalog that is behind its ledger is quarantined first: nothing may be sealed after it as if it went on.
 *
 * @throws UnavailableError while that cannot be found out
 */
export const runScheduledControls = useCase(z.looseObject({}), async (deps) => {
  if ((await guardLedger(deps)) === 'unknown') {
    throw new UnavailableError(
      'the evidence store does not answer, so nobody knows whether the catalog is behind its ledger',
      {
        hint: 'The schedule tries again.',
      },
    );
  }
  const { at, failed, results } = await runControls.typed(deps, {});
  await forgetExpired(deps);
  return { outcome: failed === 0 ? ('passed' as const) : ('failed' as const), at, failed, evaluated: results.length };
});
