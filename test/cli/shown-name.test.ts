import { describe, expect, it } from 'vitest';
import { shownName } from '../../src/cli/shown-name.ts';

describe('names on a terminal', () => {
  it.each([
    ['plain ünï 文件 🎈', 'plain ünï 文件 🎈'],
    ['two\nlines', 'two\\x0alines'],
    ['\x1b[2Jgone', '\\x1b[2Jgone'],
    ['a\u202egpj.exe', 'a\\u{202e}gpj.exe'],
    ['\u2028', '\\u{2028}'],
  ])('%j cannot move the cursor or forge a line', (name, shown) => {
    expect(shownName(name)).toBe(shown);
  });
});
