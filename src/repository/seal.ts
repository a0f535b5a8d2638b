import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { CorruptError } from '../domain/errors.ts';

/** Bytes that sealing adds: the GCM tag. */
export const TAG_BYTES = 16;
/** Bytes of every key. */
export const KEY_BYTES = 32;

// Each key seals exactly one message (NIST SP 800-38D asks for a nonce that is unique under its key), so the nonce is fixed.
const NONCE = Buffer.alloc(12);

/** What a sealed message is; bound into it so that one kind never opens as another. */
export type SealKind = 'frame' | 'part' | 'node' | 'root' | 'work';

/**
 * Associated data of a sealed message: `tenure/v1`, kind, tenant, source and, where the message has a place, its id, joined by NUL
 * (none of them can hold one). Frames have no id: they may move to another pack.
 */
export function aad(kind: SealKind, tenant: string, source: string, id?: string): Buffer {
  const text = `tenure/v1\0${kind}\0${tenant}\0${source}`;
  return Buffer.from(id === undefined ? text : `${text}\0${id}`, 'utf8');
}

/** Seals without joining: ciphertext pieces in order, the 16-byte tag last. For large messages that are written piecewise. */
export function sealPieces(key: Buffer, associated: Buffer, plaintext: Buffer | readonly Buffer[]): Buffer[] {
  const cipher = createCipheriv('aes-256-gcm', key, NONCE);
  cipher.setAAD(associated);
  const pieces = Buffer.isBuffer(plaintext)
    ? [cipher.update(plaintext)]
    : plaintext.map((piece) => cipher.update(piece));
  cipher.final();
  pieces.push(cipher.getAuthTag());
  return pieces;
}

/** Seals one message under a key that seals no other: ciphertext ‖ 16-byte tag (AES-256-GCM, nonce 0). */
export function sealMessage(key: Buffer, associated: Buffer, plaintext: Buffer | readonly Buffer[]): Buffer {
  return Buffer.concat(sealPieces(key, associated, plaintext));
}

/** Opens what `sealMessage` made. CorruptError when a single bit, the key or the associated data differ; `what` names the thing. */
export function openMessage(key: Buffer, associated: Buffer, sealed: Buffer, what = 'a sealed message'): Buffer {
  if (sealed.length < TAG_BYTES) throw new CorruptError(`${what} is shorter than its seal`);
  const body = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, NONCE, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(body));
  const plaintext = decipher.update(sealed.subarray(0, body));
  try {
    decipher.final();
  } catch (cause) {
    throw new CorruptError(`${what} does not open: it was altered, or sealed under another key`, { cause });
  }
  return plaintext;
}

const POOL_BYTES = 16 * 1024;
let pool = Buffer.alloc(0);
let poolAt = 0;

/** Fresh random bytes from the system's generator, drawn in bulk: one call per key would cost more than sealing a small frame. */
export function randomKey(bytes: number = KEY_BYTES): Buffer {
  if (poolAt + bytes > pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(POOL_BYTES));
    poolAt = 0;
  }
  poolAt += bytes;
  // Never handed out twice: the pool only moves forward and is left behind when it is used up.
  return pool.subarray(poolAt - bytes, poolAt);
}
