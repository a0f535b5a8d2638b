import { canonicalBytes, canonicalJson } from '../domain/canonical-json.ts';
import { UnavailableError } from '../domain/errors.ts';
import type { KeyStore, PublicJwk } from '../ports/key-store.ts';

/** A signature in the flattened JSON form of RFC 7515 §7.2.2, ES256, all members base64url. */
export interface FlattenedJws {
  payload: string;
  protected: string;
  signature: string;
}

/** Who signs: the part of the key store that does. */
export type JwsSigner = Pick<KeyStore, 'sign' | 'publicKeys'>;

/** Public keys as they are published (RFC 7517 §5). */
export interface JwkSet {
  keys: readonly PublicJwk[];
}

/** What {@link verifyJws} answers. */
export type JwsVerdict = { ok: true; payload: Buffer; kid: string } | { ok: false; problem: string };

// Order n of P-256 (FIPS 186-5 / SEC 2 §2.4.2).
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * Signs bytes. The header is `{alg, kid, typ}` in canonical JSON. Of the two signatures (r, s) and (r, n − s) that ECDSA
 * accepts for one message, the one with the smaller s is written, so that no second valid form exists.
 *
 * @throws UnavailableError when the signing key changed between header and signature; try again
 */
export async function signJws(payload: Buffer, typ: string, signer: JwsSigner): Promise<FlattenedJws> {
  const [current] = await signer.publicKeys();
  if (!current) throw new UnavailableError('the key store has no signing key');
  const header = base64url(canonicalBytes({ alg: 'ES256', kid: current.kid, typ }));
  const body = base64url(payload);
  const { kid, signature } = await signer.sign(Buffer.from(`${header}.${body}`, 'ascii'));
  if (kid !== current.kid) throw new UnavailableError('the signing key changed while signing', { hint: 'Try again.' });
  return { payload: body, protected: header, signature: base64url(lowS(signature)) };
}

/**
 * Verifies a signature with the public key that its header names. Refuses everything that is not exactly the form which
 * {@link signJws} writes: another algorithm or type, further header members, other base64url spellings, a large s.
 */
export async function verifyJws(jws: FlattenedJws, typ: string, jwks: JwkSet): Promise<JwsVerdict> {
  const header = decode(jws.protected);
  const payload = decode(jws.payload);
  const signature = decode(jws.signature);
  if (!header || !payload || !signature) return refuse('the signature is not in its exact base64url form');
  const kid = headerKid(header);
  if (kid === undefined) return refuse('the signature has no readable header');
  if (header.toString('utf8') !== canonicalJson({ alg: 'ES256', kid, typ })) {
    return refuse(`the signature's header is not that of a ${typ}`);
  }
  const key = jwks.keys.find((candidate) => candidate.kid === kid);
  if (!key) return refuse(`signed with the key ${kid}, which is not among the known public keys`);
  if (signature.length !== 64 || !lowS(signature).equals(signature)) return refuse('the signature is malformed');
  if (!(await verifiesWith(key, jws))) return refuse('the signature does not fit the content');
  return { ok: true, payload, kid };
}

/** The compact form of RFC 7515 §7.1. */
export function compactJws({ protected: header, payload, signature }: FlattenedJws): string {
  return `${header}.${payload}.${signature}`;
}

/** Reads the compact form; `undefined` when it has not three parts. */
export function readCompactJws(text: string): FlattenedJws | undefined {
  const [header, payload, signature, ...more] = text.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) return undefined;
  return { protected: header, payload, signature };
}

/** The `kid` in a header, unverified: for messages and for printing beside the signature. */
export function kidOf(jws: FlattenedJws): string | undefined {
  return headerKid(Buffer.from(jws.protected, 'base64url'));
}

function headerKid(header: Buffer): string | undefined {
  try {
    const parsed: unknown = JSON.parse(header.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('kid' in parsed)) return undefined;
    return typeof parsed.kid === 'string' ? parsed.kid : undefined;
  } catch {
    return undefined;
  }
}

async function verifiesWith({ kty, crv, x, y }: PublicJwk, jws: FlattenedJws): Promise<boolean> {
  // Loaded late: most commands verify nothing.
  const { flattenedVerify, importJWK } = await import('jose');
  try {
    await flattenedVerify(jws, await importJWK({ kty, crv, x, y }, 'ES256'), { algorithms: ['ES256'] });
    return true;
  } catch {
    // Also a key that is no point of the curve verifies nothing.
    return false;
  }
}

function lowS(signature: Buffer): Buffer {
  const s = BigInt(`0x0${signature.subarray(32).toString('hex')}`);
  if (s <= order / 2n) return signature;
  const other = (order - s).toString(16).padStart(64, '0');
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(other, 'hex')]);
}

function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Unused bits at the end, padding and foreign characters are ignored when decoding: only the exact spelling passes.
  return base64url(bytes) === text ? bytes : undefined;
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}

function refuse(problem: string): JwsVerdict {
  return { ok: false, problem };
}
