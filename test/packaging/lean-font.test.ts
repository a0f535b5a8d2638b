import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { leanFont } from '../../infra/lean-font.js';
import { fallbackFont, isShowable } from '../../src/documents/pdf-fonts.ts';

interface Glyph {
  id: number;
  advanceWidth: number;
  path: { toSVG(): string };
}

interface Font {
  characterSet: number[];
  glyphForCodePoint(point: number): Glyph;
  layout(text: string): { glyphs: Glyph[]; advanceWidth: number };
}

/** What pdfkit reads fonts with. */
const fontkit = createRequire(import.meta.resolve('pdfkit'))('fontkit') as { create(font: Buffer): Font };
const whole = readFileSync(fallbackFont());
const lean = leanFont(whole);

test('a font in a bundle draws every sign that a document can show as the whole font does, and no other', () => {
  const [before, after] = [fontkit.create(whole), fontkit.create(lean)];
  let shown = 0;
  for (const sign of before.characterSet.filter((point) => point < 0xffff)) {
    const [glyph, kept] = [before.glyphForCodePoint(sign), after.glyphForCodePoint(sign)];
    expect(kept.id).toBe(glyph.id);
    expect(kept.advanceWidth).toBe(glyph.advanceWidth);
    if (!isShowable(String.fromCodePoint(sign))) continue;
    shown++;
    expect(kept.path.toSVG(), `U+${sign.toString(16)}`).toBe(glyph.path.toSVG());
  }
  expect(shown).toBeGreaterThan(2000);
  expect(after.glyphForCodePoint(0x4dc0).path.toSVG()).toBe('');
  expect(lean.length).toBeLessThan(whole.length / 2);
});

test('names in other alphabets are laid out', () => {
  const font = fontkit.create(lean);
  const { glyphs, advanceWidth } = font.layout('Юлия Ωμέγα Zażółć ﬁ');
  expect(glyphs.length).toBeGreaterThan(15);
  expect(advanceWidth).toBeGreaterThan(10_000);
});
