/**
 * A name out of a source as it may stand on a terminal: control signs (line breaks, escape sequences, direction marks) as
 * `\x1b` and the like, since a file name must not be able to move the cursor or forge a line.
 */
export function shownName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
