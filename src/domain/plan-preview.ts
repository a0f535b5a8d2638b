import { isTimezone, parseInstant } from './calendar.ts';
import { InvalidError, type TenureError } from './errors.ts';
import type { Plan } from './plan.ts';
import { decideRetention } from './retention.ts';

/** What a plan would do with a copy. */
export interface PreviewedCopy {
  at: string;
  keep: boolean;
  reasons: string[];
}

/**
 * What a plan would keep of copies taken at the given times, newest first.
 *
 * @param times one ISO instant a line; empty lines and lines that begin with `#` are skipped
 * @param shownAs name of the file in errors
 * @throws InvalidError that names the line of each time that is none
 */
export function previewPlan(
  plan: Pick<Plan, 'retention'>,
  times: string,
  shownAs: string,
  context: { now: string; timezone: string },
): PreviewedCopy[] {
  if (!isTimezone(context.timezone)) throw new InvalidError(`"${context.timezone}" is not a time zone`);
  const problems: string[] = [];
  const copies = times.split(/\r?\n/).flatMap((line, index) => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return [];
    try {
      return [{ id: String(index + 1), at: parseInstant(text) }];
    } catch (error) {
      problems.push(`${shownAs}:${index + 1}: ${(error as TenureError).message}`);
      return [];
    }
  });
  if (problems.length > 0) {
    throw new InvalidError(problems.join('\n'), {
      hint: 'Write one instant a line, for instance 2026-11-22T20:00:00Z.',
    });
  }
  return decideRetention(copies, plan.retention, context).map(({ at, keep, reasons }) => ({ at, keep, reasons }));
}
