import { z } from 'zod';
import { InvalidError } from '../domain/errors.ts';
import { type CheckReport, checkRepository, type ReadData } from '../repository/check.ts';
import { useCase } from '../use-case.ts';
import { recordCheck } from './record-damage.ts';
import { requireScope } from './require-scope.ts';

const input = z.object({
  tenant: z.string().optional(),
  source: z.string().optional(),
  /** `none`: structure and lengths; `all`: every byte; `n/t`: the n-th of t shares; `x%`: a random share. */
  readData: z.string().default('none'),
});

/** What a check answers. */
export type CheckOutcome = Omit<CheckReport, 'sources'>;

/**
 * Verifies what is stored for the live copies. Damage is a result: each problem names the objects that it hits. It goes on
 * record, so that the next backup carries nothing over from what is damaged.
 */
export const checkCopies = useCase(input, async (deps, { tenant, source, readData }): Promise<CheckOutcome> => {
  await requireScope(deps, { tenant, source });
  const { sources, ...report } = await checkRepository(deps, {
    ...(tenant === undefined ? {} : { tenant }),
    ...(source === undefined ? {} : { source }),
    readData: parseReadData(readData),
    progress: (done) => deps.progress({ what: 'checking', ...done }),
  });
  for (const checked of sources) await recordCheck(deps, checked, report.problems);
  return report;
});

/** Reads `none`, `all`, `2/5` or `10%`. @throws InvalidError */
export function parseReadData(text: string): ReadData {
  if (text === 'none' || text === 'all') return text;
  const share = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  if (share !== null) {
    const n = Number(share[1]);
    const t = Number(share[2]);
    if (n >= 1 && n <= t) return { n, t };
  }
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]);
  if (percent > 0 && percent <= 100) return { percent };
  throw new InvalidError(`"${text}" is no share of the data`, {
    hint: 'Write 2/5 for the second of five shares, or 10% for a random tenth.',
  });
}
