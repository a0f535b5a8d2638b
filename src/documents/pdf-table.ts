import { type Cell, ink, type Sheet, type TextStyle } from './pdf-sheet.ts';

/** One column of a table; `share` is its part of the width, all shares are 1. */
export interface Column {
  title: string;
  share: number;
  align?: 'left' | 'right';
}

/** Rows under a heading of their own. */
export interface Group {
  title?: string;
  rows: readonly (readonly string[])[];
}

/** A label with its value; several lines are a list. */
export type Fact = readonly [label: string, value: string | readonly string[], font?: TextStyle['font']];

/** Lists longer than this may run over a page. */
const linesTogether = 12;

/** Blocks up to this height in points move to the next page whole. */
const blockTogether = 180;

/** Labels on the left, values on the right. */
export function drawFacts(sheet: Sheet, facts: readonly Fact[]): void {
  const rows = facts.flatMap(factRows);
  const height = rows.reduce((sum, row) => sum + sheet.rowHeight(row.cells), 0);
  if (height <= blockTogether) sheet.need(height);
  for (const { cells, rule } of rows) sheet.row(cells, { rule });
}

function factRows([label, value, font = 'regular']: Fact): { cells: Cell[]; rule: boolean }[] {
  const lines = [value].flat();
  const pieces = lines.length <= linesTogether ? [lines.join('\n')] : lines;
  return pieces.map((text, i) => ({
    cells: [
      { text: i === 0 ? label : '', share: 0.28, size: 8.5, color: ink.quiet },
      { text, share: 0.72, font, size: font === 'mono' ? 7.5 : 9 },
    ],
    rule: i === pieces.length - 1,
  }));
}

/** A table; its head is repeated on every page, a group's title stays with its first row, the total with the last. */
export function drawTable(
  sheet: Sheet,
  columns: readonly Column[],
  groups: readonly Group[],
  total?: readonly string[],
): void {
  const cells = (texts: readonly string[], style: Partial<TextStyle>): Cell[] =>
    columns.map(({ share, align = 'left' }, i) => ({ ...style, share, align, text: texts[i] ?? '' }));
  const head = cells(
    columns.map((column) => column.title),
    { size: 7.5, font: 'bold', color: ink.quiet },
  );
  sheet.need(55);
  sheet.row(head);
  const last = groups.at(-1)?.rows.at(-1);
  for (const { title, rows } of groups) {
    const heading: Cell[] = title === undefined ? [] : [{ text: title, share: 1, font: 'bold', size: 8.5 }];
    for (const [i, row] of rows.entries()) {
      const body = cells(row, { size: 8.5 });
      const lead = i === 0 && heading.length > 0;
      const wanted =
        sheet.rowHeight(body) + (lead ? sheet.rowHeight(heading) + 5 : 0) + (total && row === last ? 18 : 0);
      if (sheet.need(wanted)) sheet.row(head);
      if (lead) {
        sheet.space(5);
        sheet.row(heading, { rule: false });
      }
      sheet.row(body);
    }
  }
  if (total) sheet.row(cells(total, { size: 8.5, font: 'bold' }));
  sheet.space(4);
}
