import { CorruptError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { keyFormat } from '../key-wrapping.ts';

/** One key as its file holds it (JSON). */
export interface KeyRecord {
  ref: KeyRef;
  /** Counts how often a ref was made; only refs of sources get past 1. */
  instance: number;
  /** Of a tenant key: its own generation, which grows with every rotation. Of a key below it: that of the tenant key that wraps it. Else 0. */
  generation: number;
  /** Nonce (12 bytes), ciphertext (32), tag (16) of AES-256-GCM, base64url. */
  sealed: string;
  /** While a rotation is under way: the tenant key before it, which some keys are still wrapped by. */
  previous?: { generation: number; sealed: string };
}

/** The bytes of a key's file. */
export function encodeRecord(record: KeyRecord): Buffer {
  return Buffer.from(`${JSON.stringify({ format: keyFormat, ...record })}\n`);
}

/** Reads a key's file. @throws CorruptError when it is none, or that of another ref */
export function decodeRecord(bytes: Buffer, ref: KeyRef): KeyRecord {
  let found: unknown;
  try {
    found = JSON.parse(bytes.toString());
  } catch (cause) {
    throw new CorruptError(`the file of key ${ref} is damaged`, { cause });
  }
  if (!isRecord(found) || found.ref !== ref) throw new CorruptError(`the file of key ${ref} is damaged`);
  const { instance, generation, sealed, previous } = found;
  return { ref, instance, generation, sealed, ...(previous && { previous }) };
}

/** Positive when `a` is to be preferred: made later, wrapped later, further in its rotation. */
export function compareRecords(a: KeyRecord, b: KeyRecord): number {
  return a.instance - b.instance || a.generation - b.generation || (a.previous ? 0 : 1) - (b.previous ? 0 : 1);
}

function isRecord(found: unknown): found is KeyRecord & { format: string } {
  if (!isSealed(found) || !('format' in found) || found.format !== keyFormat) return false;
  if (!('ref' in found) || !('instance' in found) || !isCount(found.instance)) return false;
  return !('previous' in found) || isSealed(found.previous);
}

function isSealed(found: unknown): found is { generation: number; sealed: string } {
  if (typeof found !== 'object' || found === null) return false;
  return 'generation' in found && isCount(found.generation) && 'sealed' in found && typeof found.sealed === 'string';
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
