/**
 * The least string that is greater than all that start with the prefix, in the order of UTF-8 bytes, which is that of code
 * points; `undefined` when there is none (an empty prefix, or nothing but the last code point).
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = [...prefix];
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0;
    if (last === 0x10ffff) continue;
    // Surrogates are no characters: the one after U+D7FF is U+E000.
    return points.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}
