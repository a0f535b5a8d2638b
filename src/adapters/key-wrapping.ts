import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyRef } from '../ports/key-store.ts';

/** Version of how keys are wrapped and recorded; bound into every wrapped key. */
export const keyFormat = 'tenure-key/1';

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

function bound({ keyring, ref, instance, generation }: SealContext): Buffer {
  return Buffer.from(JSON.stringify([keyFormat, keyring, ref, instance, generation]));
}
