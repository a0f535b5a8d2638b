import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tagValue, textOfTag } from '../../src/domain/mail-tag.ts';

test('a mail’s id can be read in its tag', () => {
  expect(tagValue('notice/c-0123456789/d1')).toBe('notice_2fc-0123456789_2fd1');
  expect(textOfTag('notice_2fc-0123456789_2fd1')).toBe('notice/c-0123456789/d1');
});

test('every text that fits is a value that SES takes, and comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const value = tagValue(text);
      if (value === undefined) return text === '' || Buffer.byteLength(text) > 85;
      expect(value).toMatch(/^[A-Za-z0-9_-]{1,256}$/);
      // Lone surrogates cannot be written in UTF-8.
      expect(textOfTag(value)).toBe(Buffer.from(text, 'utf8').toString('utf8'));
      return true;
    }),
  );
});

test('what is too long for a tag has none', () => {
  expect(tagValue('x'.repeat(256))).toHaveLength(256);
  expect(tagValue('x'.repeat(257))).toBeUndefined();
  expect(tagValue('/'.repeat(86))).toBeUndefined();
});

test.each(['', 'a b', '_', '_2', '_2F', '_zz', 'a/b', '_ff', 'ñ'])('%j is no value of ours', (value) => {
  expect(textOfTag(value)).toBeUndefined();
});
