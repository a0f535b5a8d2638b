import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { CorruptError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';

const format = 'tenure-key/1';

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

/** What a sealed key is bound to: it opens in this keyring, under this name, as this instance and generation only. */
export interface SealContext {
  keyring: string;
  ref: KeyRef;
  instance: number;
  generation: number;
}

/** A key for one purpose out of another key: HKDF-SHA-256 (RFC 5869), salted with the keyring's id. */
export function deriveKey(key: Buffer, keyring: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, keyring, `tenure-keyring/1 ${purpose}`, 32));
}

/** Wraps a key. The nonce is random: one wrapping key never wraps near 2³² others. */
export function sealKey(wrapping: Buffer, context: SealContext, key: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', wrapping, nonce).setAAD(bound(context));
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/** Unwraps a key; `undefined` when it does not open (altered, or wrapped by another key). */
export function unsealKey(wrapping: Buffer, context: SealContext, sealed: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < 28) return undefined;
  const opened = createDecipheriv('aes-256-gcm', wrapping, bytes.subarray(0, 12), { authTagLength: 16 });
  opened.setAAD(bound(context)).setAuthTag(bytes.subarray(-16));
  try {
    return Buffer.concat([opened.update(bytes.subarray(12, -16)), opened.final()]);
  } catch {
    return undefined;
  }
}

/** The bytes of a key's file. */
export function encodeRecord(record: KeyRecord): Buffer {
  return Buffer.from(`${JSON.stringify({ format, ...record })}\n`);
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
  if (!isSealed(found) || !('format' in found) || found.format !== format) return false;
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

function bound({ keyring, ref, instance, generation }: SealContext): Buffer {
  return Buffer.from(JSON.stringify([format, keyring, ref, instance, generation]));
}
