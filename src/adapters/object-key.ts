import { InvalidError } from '../domain/errors.ts';

/** A segment is a file name somewhere: 255 bytes at most. */
const shape = /^[A-Za-z0-9._=-]{1,255}(?:\/[A-Za-z0-9._=-]{1,255})*$/;
/** S3's limit on a key; every store keeps to it so that a repository can move. */
const longestKey = 1024;

/**
 * Refuses a key that the port `ObjectStore` does not allow: ASCII `[A-Za-z0-9._=/-]`, no empty, `.` or `..` segment.
 *
 * @throws InvalidError
 */
export function assertObjectKey(key: string): void {
  if (key.length > longestKey || !shape.test(key) || /(?:^|\/)\.{1,2}(?:\/|$)/.test(key)) {
    throw new InvalidError(`object key ${JSON.stringify(key.slice(0, 200))} is not usable`, {
      hint: 'Keys are /-separated segments of A-Z a-z 0-9 . _ = - without empty, "." or ".." segments.',
    });
  }
}

/** Refuses a list prefix with characters that no key can have. An empty prefix lists everything. @throws InvalidError */
export function assertObjectPrefix(prefix: string): void {
  if (prefix.length > longestKey || !/^[A-Za-z0-9._=/-]*$/.test(prefix)) {
    throw new InvalidError(`object prefix ${JSON.stringify(prefix.slice(0, 200))} is not usable`);
  }
}

/** Refuses a range that is no range. @throws InvalidError */
export function assertRange(range: { offset: number; length: number }): void {
  if (
    !Number.isSafeInteger(range.offset) ||
    !Number.isSafeInteger(range.length) ||
    range.offset < 0 ||
    range.length < 0
  ) {
    throw new InvalidError(`range ${range.offset}+${range.length} is not usable`);
  }
}
