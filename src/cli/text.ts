/*
 * How things are written for people on a terminal. English, plain text, no colour: output is also read in mails and logs.
 */

/** A table with a heading; columns as wide as they need, the last one never padded. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `1,234 objects`, `1 object`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A whole number with thousands apart. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `0 B`, `1.5 MiB`: binary units, three digits at most. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `2026-11-22 20:00` of a stored instant, in UTC as it is stored. */
export function atText(instant: string | undefined): string {
  return instant === undefined ? '-' : `${instant.slice(0, 10)} ${instant.slice(11, 16)}`;
}

/** Every line moved in. */
export function indent(text: string, by = '  '): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n');
}
