import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberNamer, staysInside } from '../../src/domain/member-name.ts';

const one = (key: string | Buffer) => memberNamer()({ key: Buffer.from(key), folder: String(key).endsWith('/') });

/** Names of keys in their order, as an archive gives them. */
function namesOf(keys: readonly Buffer[]): string[] {
  const nameOf = memberNamer();
  return [...keys].sort(Buffer.compare).map((key) => nameOf({ key, folder: key.at(-1) === 0x2f }));
}

const hostile = fc.constantFrom(
  '..',
  '.',
  '',
  '...',
  '.. ',
  ' ',
  'C:',
  'c:x',
  'a',
  'b',
  'a.txt',
  '..\\x',
  '\\',
  'a\\b',
);
const segment = fc.oneof(
  hostile,
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('a~0123456789abcdef', '_~0123456789abcdef.txt', '\u0000', 'x\n', '\u0085', 'ñ', '文件', '😀'),
);
const key = fc
  .oneof(
    fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => Buffer.from(segments.join('/'))),
    fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  )
  .filter(({ length }) => length > 0);
const keys = fc.uniqueArray(key, { selector: (each) => each.toString('latin1'), maxLength: 12 });

describe('the name of a member', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['deep/er/ñ 文件 😀.bin', 'deep/er/ñ 文件 😀.bin'],
    ['.ssh/config', '.ssh/config'],
    ['a..b/...c/d.', 'a..b/...c/d.'],
    ['folder/', 'folder/'],
    ['ab:c~z', 'ab:c~z'],
  ])('%j stays as it is', (given, name) => {
    expect(one(given)).toBe(name);
  });

  it.each([
    ['../../home/op/.ssh/authorized_keys', /^home~[0-9a-f]{16}\/op\/\.ssh\/authorized_keys$/],
    ['/etc/cron.d/x', /^etc~[0-9a-f]{16}\/cron\.d\/x$/],
    ['..\\evil.txt', /^\.\._evil~[0-9a-f]{16}\.txt$/],
    ['C:/Windows/x.dll', /^C_~[0-9a-f]{16}\/Windows\/x\.dll$/],
    ['a//b', /^a\/b~[0-9a-f]{16}$/],
    ['a/./b', /^a\/b~[0-9a-f]{16}$/],
    ['a/.. /b', /^a\/_~[0-9a-f]{16}\/b$/],
    ['a\nb', /^a_b~[0-9a-f]{16}$/],
    ['..', /^_~[0-9a-f]{16}$/],
    ['/', /^_~[0-9a-f]{16}\/$/],
    [Buffer.from([0x61, 0xff]), /^a\uFFFD~[0-9a-f]{16}$/],
    ['a~0123456789abcdef.txt', /^a~0123456789abcdef~[0-9a-f]{16}\.txt$/],
    [`${'ñ'.repeat(120)}\\`, /^ñ{100}~[0-9a-f]{16}$/],
  ])('%j is led inside and marked', (given, name) => {
    expect(one(given)).toMatch(name);
  });

  it('leads inside whatever the key is, for readers on Windows too', () => {
    fc.assert(
      fc.property(key, (given) => {
        const name = one(given);
        expect(name).not.toMatch(/\p{Cc}|\\/u);
        const segments = name.replace(/\/$/, '').split('/');
        for (const each of segments) {
          expect(each).not.toMatch(/^[. ]*$/);
          expect(each).not.toMatch(/^[A-Za-z]:/);
        }
      }),
    );
  });

  it('is that of one key only, and no file is where another one needs a folder', () => {
    fc.assert(
      fc.property(keys, (given) => {
        const names = namesOf(given);
        const paths = names.map((name) => name.replace(/\/$/, ''));
        expect(new Set(paths).size).toBe(paths.length);
        const files = new Set(names.filter((name) => !name.endsWith('/')));
        for (const path of paths) {
          const parts = path.split('/');
          for (let depth = 1; depth < parts.length; depth++)
            expect(files.has(parts.slice(0, depth).join('/'))).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('stays as it is where it is ordinary, whatever else is there', () => {
    const ordinary = fc
      .array(fc.stringMatching(/^[A-Za-z0-9 ñ文_.-]{0,6}[A-Za-z0-9ñ文]$/u), { minLength: 1, maxLength: 4 })
      .map((segments) => segments.join('/'));
    fc.assert(
      fc.property(keys, ordinary, (others, given) => {
        const above = others.filter(
          (other) => !`${given}/`.startsWith(`${other}/`) && !other.equals(Buffer.from(given)),
        );
        expect(namesOf([...above, Buffer.from(given)])).toContain(given);
      }),
    );
  });
});

it.each<[string, string, boolean]>([
  ['link', 'a/b', true],
  ['link', './a', true],
  ['x/y/link', '../../a', true],
  ['x/y/link', '../..', true],
  ['x/y/link', '../../../a', false],
  ['link', '..', false],
  ['link', '/etc/passwd', false],
  ['link', '', false],
  // Through a link `a` that leads to the archive itself this would climb out.
  ['x/link', 'a/../b', false],
  ['link', '..\\x', false],
  ['link', 'C:/x', false],
  ['link', 'a\u0000', false],
])('the link %j to %j stays inside: %j', (name, target, inside) => {
  expect(staysInside(name, Buffer.from(target))).toBe(inside);
});
