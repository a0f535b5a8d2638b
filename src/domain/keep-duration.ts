/** A duration in restic's terms: calendar years, months and days, then exact hours. */
export interface KeepDuration {
  years: number;
  months: number;
  days: number;
  hours: number;
}

const units = { y: 'years', m: 'months', d: 'days', h: 'hours' } as const;

/**
 * Reads a duration such as `1y5m7d2h` (as restic's `--keep-within`: units in any order). Answers undefined for
 * anything else, a unit given twice, numbers of over five digits, and zero, which would keep nothing.
 */
export function parseKeepDuration(text: string): KeepDuration | undefined {
  if (!/^(\d{1,5}[ymdh])+$/.test(text)) return undefined;
  const duration: KeepDuration = { years: 0, months: 0, days: 0, hours: 0 };
  const seen = new Set<string>();
  for (const [, digits, unit] of text.matchAll(/(\d+)([ymdh])/g)) {
    if (seen.has(unit as string)) return undefined;
    seen.add(unit as string);
    duration[units[unit as keyof typeof units]] = Number(digits);
  }
  return Object.values(duration).some((value) => value > 0) ? duration : undefined;
}
