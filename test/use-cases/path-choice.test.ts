import { describe, expect, it } from 'vitest';
import { InvalidError } from '../../src/domain/errors.ts';
import { chooseKeys, matchGlob, relativePath } from '../../src/use-cases/path-choice.ts';

const keys = [
  '',
  'a.txt',
  'docs/',
  'docs/a.txt',
  'docs/deep/',
  'docs/deep/b.pdf',
  'docs2/',
  'docs2/c.txt',
  '.hidden',
  'two\nlines.txt',
];
const chosen = (filter: (key: Buffer) => boolean) => keys.filter((key) => filter(Buffer.from(key)));

describe('a pattern', () => {
  it.each([
    ['*.txt', ['a.txt', 'docs/a.txt', 'docs2/c.txt', 'two\nlines.txt']],
    ['/*.txt', ['a.txt', 'two\nlines.txt']],
    ['./a.txt', ['a.txt']],
    ['docs/*', ['docs/a.txt', 'docs/deep/']],
    ['docs/**', ['docs/', 'docs/a.txt', 'docs/deep/', 'docs/deep/b.pdf']],
    ['**/*.pdf', ['docs/deep/b.pdf']],
    ['d*/', ['docs/', 'docs/deep/', 'docs2/']],
    ['.h*', ['.hidden']],
    ['*.{pdf,doc}', ['docs/deep/b.pdf']],
    ['nothing', []],
  ])('%s matches names and whole paths', (pattern, expected) => {
    expect(chosen(matchGlob(pattern))).toEqual(expected);
  });

  it('meets names that are not UTF-8', () => {
    expect(matchGlob('caf*.txt')(Buffer.from('caf\xe9.txt', 'latin1'))).toBe(true);
  });

  it.each(['', '/', './'])('%j is refused', (pattern) => {
    expect(() => matchGlob(pattern)).toThrow(InvalidError);
  });
});

describe('what a restore chooses', () => {
  it('is everything where nothing is named', () => {
    expect(chosen(chooseKeys({}))).toEqual(keys);
  });

  it.each([
    [{ paths: ['docs'] }, ['docs/', 'docs/a.txt', 'docs/deep/', 'docs/deep/b.pdf']],
    [{ paths: ['/docs/deep/'] }, ['docs/deep/', 'docs/deep/b.pdf']],
    [{ paths: ['docs/a.txt', 'a.txt'] }, ['a.txt', 'docs/a.txt']],
    [{ paths: ['doc'] }, []],
    [{ globs: ['deep'] }, ['docs/deep/', 'docs/deep/b.pdf']],
    [{ globs: ['docs'] }, ['docs/', 'docs/a.txt', 'docs/deep/', 'docs/deep/b.pdf']],
    [{ globs: ['*.pdf'], paths: ['docs2'] }, ['docs/deep/b.pdf', 'docs2/', 'docs2/c.txt']],
    [{ paths: ['.'] }, keys],
  ])('%j takes a folder with all that is in it', (choice, expected) => {
    expect(chosen(chooseKeys(choice))).toEqual(expected);
  });

  it('takes a path as it is written, signs of patterns included', () => {
    const filter = chooseKeys({ paths: ['a*'] });
    expect([filter(Buffer.from('a*')), filter(Buffer.from('a*/x')), filter(Buffer.from('ab'))]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('knows no path above the source', () => {
    expect(relativePath('/../x')).toBe('../x');
    expect(chosen(chooseKeys({ paths: ['../a.txt'] }))).toEqual([]);
  });
});
