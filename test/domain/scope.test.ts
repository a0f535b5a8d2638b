import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsOn } from '../../src/domain/hold.ts';
import { covers, describeScope, isWholeTenant, overlaps, type Scope } from '../../src/domain/scope.ts';
import { hold } from './case-fixtures.ts';

const whole: Scope = { tenant: 'acme' };
const files: Scope = { tenant: 'acme', source: 'files' };
const paths = (...list: string[]): Scope => ({ tenant: 'acme', source: 'files', paths: list });

describe('two scopes', () => {
  it.each<[Scope, Scope, boolean]>([
    [whole, whole, true],
    [whole, { tenant: 'other' }, false],
    [whole, paths('a'), true],
    [files, paths('a'), true],
    [files, { tenant: 'acme', source: 'mail' }, false],
    [paths('a/'), { tenant: 'acme', source: 'mail', paths: ['a/'] }, false],
    [paths('a/'), { tenant: 'other', source: 'files', paths: ['a/'] }, false],
    [paths('a/'), paths('a/b/c.txt'), true],
    [paths('a/'), paths('ab.txt'), false],
    [paths('a'), paths('ab'), false],
    [paths('a'), paths('a/b'), true], // "a" may be a folder
    [paths('a'), paths('a/'), true],
    [paths('x', 'a.txt'), paths('y', 'a.txt'), true],
    [paths('x'), paths('y'), false],
  ])('%o and %o overlap: %s', (a, b, expected) => {
    expect([overlaps(a, b), overlaps(b, a)]).toEqual([expected, expected]);
  });

  it.each<[Scope, Scope, boolean]>([
    [whole, paths('a'), true],
    [files, whole, false],
    [files, files, true],
    [paths('a/'), files, false],
    [paths('a/'), paths('a/b', 'a/'), true],
    [paths('a/'), paths('a/b', 'b'), false],
    [paths('a'), paths('a/b'), false], // nobody said that "a" is a folder
    [paths('a'), paths('a'), true],
    [whole, { tenant: 'other', source: 'files' }, false],
  ])('%o covers %o: %s', (outer, inner, expected) => {
    expect(covers(outer, inner)).toBe(expected);
  });

  it('overlap whenever one covers the other, and what a third overlaps it overlaps in the outer one too', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', '/'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join(''));
    const scope: fc.Arbitrary<Scope> = fc.oneof(
      fc.record({ tenant: fc.constantFrom('t', 'u') }),
      fc.record({ tenant: fc.constantFrom('t', 'u'), source: fc.constantFrom('s', 'r') }),
      fc.record({
        tenant: fc.constantFrom('t', 'u'),
        source: fc.constantFrom('s', 'r'),
        paths: fc.array(path, { minLength: 1, maxLength: 3 }),
      }),
    );
    fc.assert(
      fc.property(scope, scope, scope, (a, b, c) => {
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        expect(overlaps(a, a) && covers(a, a)).toBe(true);
        if (!covers(a, b)) return;
        expect(overlaps(a, b)).toBe(true);
        if (overlaps(b, c)) expect(overlaps(a, c)).toBe(true);
        if (covers(b, c)) expect(covers(a, c)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('say what they are', () => {
    expect([whole, files, paths('a'), paths('a', 'b', 'c', 'd')].map(describeScope)).toEqual([
      'tenant acme',
      'source acme/files',
      'acme/files: a (1 path)',
      'acme/files: a, b, c, … (4 paths)',
    ]);
    expect([isWholeTenant(whole), isWholeTenant(files)]).toEqual([true, false]);
  });
});

describe('holds', () => {
  it('count while they are not released, oldest first, whatever their review date', () => {
    const old = { ...hold('h-2', whole, '2020-01-01T00:00:00.000Z'), reviewOn: '2020-02-01' };
    const released = { ...hold('h-3', whole), releasedAt: '2026-02-01T00:00:00.000Z' };
    const found = holdsOn(files, [hold('h-1', files), released, old, hold('h-4', { tenant: 'other' })]);
    expect(found.map((one) => one.id)).toEqual(['h-2', 'h-1']);
  });
});
