import PDFDocument from 'pdfkit';
import { fallbackFont, isWinAnsi, showable } from './pdf-fonts.ts';

/** How a piece of text looks. Sizes in points. */
export interface TextStyle {
  font: 'regular' | 'bold' | 'mono';
  size: number;
  color: string;
}

/** One cell of a row: its text, its look, and the part of the sheet's width that it takes. */
export interface Cell extends Partial<TextStyle> {
  text: string;
  share: number;
  align?: 'left' | 'right';
}

/** Colours of the document. */
export const ink = { text: '#1d2733', accent: '#1f4e5f', quiet: '#66727d', rule: '#cfd6db', warn: '#b3261e' };

const fonts = { regular: 'Helvetica', bold: 'Helvetica-Bold', mono: 'Courier' };
const margins = { left: 57, right: 57, top: 57, bottom: 70 };
const lineGap = 1.5;
const padding = { right: 9, top: 3.6, bottom: 2.2 };

/** A4 paper that is filled from top to bottom. Rows move to the next page whole. */
export interface Sheet {
  readonly doc: PDFKit.PDFDocument;
  readonly left: number;
  readonly width: number;
  /** Numbered heading; stays with what follows it. */
  section(title: string): void;
  paragraph(text: string, style?: Partial<TextStyle>): void;
  /** A row of cells above a rule. `rule: false` leaves the rule out. */
  row(cells: readonly Cell[], options?: { rule?: boolean }): void;
  /** Height that the row would take. */
  rowHeight(cells: readonly Cell[]): number;
  /** Text at a place, outside the flow. */
  at(text: string, x: number, y: number, style: Partial<TextStyle>, options?: PDFKit.Mixins.TextOptions): void;
  /** Begins a new page unless that many points are left; tells whether it did. */
  need(height: number): boolean;
  space(height: number): void;
}

/** Opens a document. Its `at` is the only date in it, so that equal content gives equal bytes. */
export function openSheet(info: { title: string; author: string; subject: string; at: Date; language: string }): Sheet {
  const doc = new PDFDocument({
    size: 'A4',
    margins,
    bufferPages: true,
    pdfVersion: '1.7',
    lang: info.language,
    displayTitle: true,
    info: {
      Title: info.title,
      Author: info.author,
      Subject: info.subject,
      Creator: 'Tenure',
      Producer: 'Tenure',
      CreationDate: info.at,
      ModDate: info.at,
    },
  });
  const { left } = margins;
  const width = doc.page.width - margins.left - margins.right;
  let sections = 0;

  /** Sets the font that can show the text, and answers what it shows. */
  const use = (text: string, { font = 'regular', size = 9, color = ink.text }: Partial<TextStyle>): string => {
    const shown = showable(text);
    const simple = isWinAnsi(shown);
    doc
      .font(simple ? fonts[font] : fallbackFont())
      .fontSize(simple ? size : size * 0.9)
      .fillColor(color);
    return shown;
  };
  const heightOf = (text: string, style: Partial<TextStyle>, textWidth: number): number =>
    doc.heightOfString(use(text, style), { width: textWidth, lineGap });
  const need = (height: number): boolean => {
    if (doc.y + height <= doc.page.height - margins.bottom) return false;
    doc.addPage();
    return true;
  };
  const flow = (text: string, style: Partial<TextStyle>): void => {
    doc.text(use(text, style), left, doc.y, { width, lineGap });
  };
  const at: Sheet['at'] = (text, x, y, style, options = {}) => {
    doc.text(use(text, style), x, y, { lineGap, ...options });
  };
  const inner = (cells: readonly Cell[], i: number): number =>
    (cells[i]?.share ?? 0) * width - (i < cells.length - 1 ? padding.right : 0);
  const rowHeight = (cells: readonly Cell[]): number =>
    Math.max(...cells.map((cell, i) => heightOf(cell.text, cell, inner(cells, i)))) + padding.top + padding.bottom;

  return {
    doc,
    left,
    width,
    at,
    need,
    rowHeight,
    section(title) {
      // Room for the heading, a table's head, a group's title and a row of three lines.
      if (!need(118)) doc.y += 13;
      sections += 1;
      flow(`${sections}  ${title}`, { font: 'bold', size: 11.5, color: ink.accent });
      doc.y += 4;
    },
    paragraph(text, style = {}) {
      need(Math.min(heightOf(text, style, width), 90));
      flow(text, style);
      doc.y += 4;
    },
    row(cells, { rule = true } = {}) {
      const height = rowHeight(cells);
      need(height);
      const { y } = doc;
      let x = left;
      for (const [i, cell] of cells.entries()) {
        at(cell.text, x, y + padding.top, cell, { width: inner(cells, i), align: cell.align ?? 'left' });
        x += cell.share * width;
      }
      doc.x = left;
      doc.y = y + height;
      if (rule)
        doc
          .moveTo(left, doc.y)
          .lineTo(left + width, doc.y)
          .lineWidth(0.5)
          .stroke(ink.rule);
    },
    space(height) {
      doc.y += height;
    },
  };
}
