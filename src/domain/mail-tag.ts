/** Longest value of a message tag (Amazon SES API, MessageTag). */
const longest = 256;

/** Names of the tags that go with every mail, and come back with every event about it. */
export const mailTags = { id: 'tenure-id', trace: 'tenure-trace' } as const;

/**
 * A text as the value of a message tag, which may hold `[A-Za-z0-9_-]` only: every other byte, and `_`, becomes `_` and two hex
 * digits, so that `notice/c-0123456789/d1` reads `notice_2fc-0123456789_2fd1`. `undefined` where that is too long for a tag.
 */
export function tagValue(text: string): string | undefined {
  const escaped = [...Buffer.from(text, 'utf8')].map((byte) => {
    const sign = String.fromCharCode(byte);
    return /[A-Za-z0-9-]/.test(sign) ? sign : `_${byte.toString(16).padStart(2, '0')}`;
  });
  const value = escaped.join('');
  return value.length > longest || value === '' ? undefined : value;
}

/** The inverse of {@link tagValue}; `undefined` for a value that it did not make. */
export function textOfTag(value: string): string | undefined {
  if (!/^(?:[A-Za-z0-9-]|_[0-9a-f]{2})+$/.test(value)) return undefined;
  const bytes = Buffer.from(
    value.replaceAll(/_([0-9a-f]{2})|([A-Za-z0-9-])/g, (_, hex: string | undefined, sign: string | undefined) =>
      hex === undefined ? (sign ?? '').charCodeAt(0).toString(16) : hex,
    ),
    'hex',
  );
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}
