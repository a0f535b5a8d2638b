import { fileURLToPath } from 'node:url';

// What the standard fonts of PDF can show: Latin-1 and the additions of Windows code page 1252 (PDF 1.7, annex D.2).
const winAnsi = /^[\n\x20-\x7e\u00a0-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]*$/u;

// What the font that is kept here shows besides: Latin with all its additions, Greek, Cyrillic, punctuation, signs.
const beyond =
  /[^\n\x20-\x7e\u00a0-\u052f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20b8\u2100-\u214f\u2190-\u21ff\u2200-\u22ff]/gu;

/** Whether the fonts that every PDF reader has can show the text. */
export function isWinAnsi(text: string): boolean {
  return winAnsi.test(text);
}

/** The text with what no font here can show written as `\u{…}`: a name may look odd, but never wrong or empty. */
export function showable(text: string): string {
  return text.replace(beyond, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
}

/** Whether {@link showable} leaves the text as it is. */
export function isShowable(text: string): boolean {
  return showable(text) === text;
}

/** Font file for text beyond {@link isWinAnsi}: names of people and paths in other alphabets. */
export function fallbackFont(): string {
  return fileURLToPath(new URL('./fonts/DejaVuSans.ttf', import.meta.url));
}
