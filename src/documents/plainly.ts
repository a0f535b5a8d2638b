// Controls, line and paragraph separators, and the marks that turn or isolate the direction of text: with them a file
// name could forge a line of a letter, or show as something that it is not (Unicode TR 36, "bidirectional spoofing").
const deceptive = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;

/** The same value with every text in it safe to print: characters that deceive are written as `\u{…}`. */
export function plainly<Value>(value: Value): Value {
  return walk(value) as Value;
}

function walk(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(deceptive, (mark) => `\\u{${mark.codePointAt(0)?.toString(16)}}`);
  if (Array.isArray(value)) return value.map(walk);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, walk(member)]));
}
