import { createHash } from 'node:crypto';

/** Bytes without pattern that are the same on every machine: SHAKE128 of a name. */
export function noise(name: string, length: number): Buffer {
  return createHash('shake128', { outputLength: length }).update(name).digest();
}
