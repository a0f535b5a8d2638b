import { createHash, timingSafeEqual } from 'node:crypto';
import { addHours } from './calendar.ts';
import type { SealedCode } from './case-events.ts';

/** Wrong codes that end a code. With 40 bits in a code (8 signs of 32) five tries are worth nothing to a guesser. */
export const maxTries = 5;

/** Hours for which a code is good. */
export const codeHours = 48;

/** Seals a code for storage. `salt` is 32 hex digits, drawn at random by the caller; case and separators do not count. */
export function sealCode(code: string, salt: string, now: string): SealedCode {
  return { salt, hash: hashCode(code, salt), expiresAt: addHours(now, codeHours) };
}

/** Whether the code is the sealed one; in constant time. */
export function codeMatches(code: string, sealed: SealedCode): boolean {
  const given = Buffer.from(hashCode(code, sealed.salt), 'hex');
  const wanted = Buffer.from(sealed.hash, 'hex');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function hashCode(code: string, salt: string): string {
  const plain = code.toUpperCase().replaceAll(/[\s-]/g, '');
  return createHash('sha256').update(Buffer.from(salt, 'hex')).update(plain, 'utf8').digest('hex');
}
