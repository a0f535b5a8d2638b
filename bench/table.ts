import type { Round, Work } from './round.ts';

/** Median of numbers; of an even count the mean of the middle two. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 1 ? half : half - 1], sorted[half]];
  return (low + high) / 2;
}

/** Lines of the result: medians, the ratio of medians, and the ratio of each round (rounds are run in pairs). */
export function table(works: readonly Work[], ours: readonly Round[], theirs: readonly Round[]): string {
  const rows = [['', 'tenure', 'restic', 'restic / tenure', 'in each round']];
  const add = (name: string, show: (n: number) => string, of: (round: Round) => number | undefined): void => {
    const [a, b] = [ours.map((round) => of(round) ?? Number.NaN), theirs.map((round) => of(round) ?? Number.NaN)];
    const each = b.map((value, i) => value / (a[i] ?? Number.NaN));
    const compared = theirs.length > 0;
    rows.push([
      name,
      show(median(a)),
      compared ? show(median(b)) : '-',
      compared ? ratio(median(b) / median(a)) : '-',
      compared ? each.map(ratio).join(' ') : '-',
    ]);
  };
  for (const work of works) add(work, seconds, ({ costs }) => costs.get(work)?.seconds);
  for (const work of works.slice(0, 4))
    add(`${work}, processor time`, seconds, ({ costs }) => costs.get(work)?.processorSeconds);
  for (const work of works.slice(0, 4))
    add(`${work}, peak memory`, mebibytes, ({ costs }) => costs.get(work)?.peakBytes);
  add('repository', mebibytes, ({ storedBytes }) => storedBytes);
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const seconds = (s: number): string => (s < 1 ? `${(s * 1000).toFixed(0)} ms` : `${s.toFixed(2)} s`);
const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
const ratio = (r: number): string => r.toFixed(2);
