import { inflateSync } from 'node:zlib';

/** Text of all pages in drawing order, from the content streams; text in the fallback font is not read. */
export function pdfText(pdf: Buffer): string {
  let text = '';
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at + 1)) {
    if (pdf.subarray(at - 3, at).toString('latin1') === 'end') continue;
    let stream: string;
    try {
      stream = inflateSync(pdf.subarray(at + 7)).toString('latin1');
    } catch {
      continue;
    }
    for (const [, line] of stream.matchAll(/\[((?:<[0-9a-f]*> ?-?[\d.]* ?)+)\] TJ/g)) {
      for (const [, hex] of (line ?? '').matchAll(/<([0-9a-f]*)>/g))
        text += Buffer.from(hex ?? '', 'hex').toString('latin1');
      text += ' ';
    }
  }
  return text.replace(/\s+/g, ' ');
}
