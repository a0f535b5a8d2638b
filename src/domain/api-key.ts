import { hash, timingSafeEqual } from 'node:crypto';

/** A key with which a machine comes in. The secret itself is shown once and kept by nobody. */
export interface ApiKey {
  /** `k` and 12 hex digits, random. */
  id: string;
  /** What it is for, in words. */
  name: string;
  /** Person who answers for it: what the key does counts as done by them. */
  owner: string;
  /** SHA-256 of the secret, hex. It has 256 random bits: a slow hash would add nothing. */
  hash: string;
  scopes: string[];
  /** With the scope `tenant:self`: whose. */
  tenant?: string;
  createdAt: string;
  expiresAt: string;
  /** Exact to the hour: a write for every use would cost more than it tells. */
  lastUsedAt?: string;
  revokedAt?: string;
  /** Key that takes its place since a rotation. */
  successor?: string;
}

/** How a key is written: `tnr_<id>_<secret>`, found by scanners for leaked secrets. */
const shape = /^tnr_(k[0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** Cuts a presented key; `undefined` for anything else. */
export function parseApiKey(text: string): { id: string; secret: string } | undefined {
  const [, id, secret] = shape.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** The key as its owner gets it, once. `id` and `secret` as drawn: 6 and 32 random bytes. */
export function formatApiKey(id: string, secret: Buffer): string {
  return `tnr_${id}_${secret.toString('base64url')}`;
}

/** Hash under which a secret is kept. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** Why a key does not hold; `undefined`: it holds. The secret is compared in constant time. */
export function refusalOf(key: ApiKey | undefined, secret: string, now: string): string | undefined {
  const wanted = Buffer.from(key?.hash ?? hashSecret(''), 'hex');
  const same = timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), wanted);
  if (key === undefined || !same) return 'unknown key';
  if (key.revokedAt !== undefined && key.revokedAt <= now) return 'revoked';
  return key.expiresAt <= now ? 'expired' : undefined;
}
