import { z } from 'zod';
import { parseKeepDuration } from './keep-duration.ts';

/** Periods over ten years are a slip of the pen. */
export const maxDays = 3660;

/** A whole number of days. */
export const days = (min: number, max = maxDays) =>
  z
    .int({ error: 'must be a whole number of days' })
    .min(min, { error: (issue) => `${issue.input} is too few, at least ${min}` })
    .max(max, { error: (issue) => `${issue.input} is too many, at most ${max}` });

/** A whole number. */
export const count = (min: number, max: number) =>
  z
    .int({ error: 'must be a whole number' })
    .min(min, { error: (issue) => `${issue.input} is too small, at least ${min}` })
    .max(max, { error: (issue) => `${issue.input} is too large, at most ${max}` });

/** Text that is not empty; `what` says what belongs there. */
export const text = (what: string) =>
  z.string({ error: `must be ${what}` }).refine((value) => value.trim() !== '', { error: `is empty, must be ${what}` });

/** A copy count; checked by hand, since a union would report one of its branches and hide the other. */
export const keepCount = z.custom<number | 'all'>(
  (value) => value === 'all' || (Number.isSafeInteger(value) && Number(value) >= 1),
  { error: 'must be a whole number of at least 1, or "all"' },
);

/** A duration as restic writes it. */
export const keepDuration = z
  .string({ error: 'must be a duration such as 1y2m3d4h' })
  .refine((value) => parseKeepDuration(value) !== undefined, {
    error: (issue) => `"${issue.input}" is not a duration such as 1y2m3d4h (years, months, days, hours)`,
  });
