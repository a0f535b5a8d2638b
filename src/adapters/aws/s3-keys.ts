/** What S3 lists with `EncodingType=url`: `+` or `%20` is a space, the rest is UTF-8 in per cent; as it is where it was not encoded. */
export function decodedKey(key: string, encodingType: string | undefined): string {
  return encodingType === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
}

/** UTF-8 order, as S3 lists; the order of JavaScript strings differs beyond U+D7FF. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * The longest text that is no greater than the bytes, for a listing to begin after: bytes that are no UTF-8 can be no key of
 * S3, but may be asked for.
 */
export function textUpTo(bytes: Buffer): string {
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return text;
  // The replacement character stands where the first bytes are no text.
  return text.slice(0, text.indexOf('\uFFFD'));
}

/** Characters that XML 1.0 has no way to write: a batch with such a key would be refused as a whole. */
export function fitsXml(key: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(key);
}
