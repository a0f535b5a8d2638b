import type { KeyObject } from 'node:crypto';
import { CorruptError, UnavailableError } from '../../domain/errors.ts';
import type { PublicJwk } from '../../ports/key-store.ts';
import { sealKey, unsealKey } from '../key-wrapping.ts';
import { drawSigningKey, openSigningKey, publicJwk } from '../signing-jwk.ts';
import { faultOf, locked, type Ring, reach, requireAll } from './keyring-ring.ts';

/**
 * Signing keys are numbered; the highest signs. Of the others the public half is kept for good, so that what they signed
 * verifies. Both halves lie sealed by the master key: nobody can slip in a public key of their own.
 */
interface SigningKey {
  number: number;
  jwk: PublicJwk;
  /** PKCS #8; absent once a later key has taken over. */
  pkcs8?: Buffer;
}

/** The bytes of a file of a fresh signing key. */
export function drawSigning(ring: Pick<Ring, 'id' | 'wrapping'>, number: number): Buffer {
  const pkcs8 = drawSigningKey();
  return encode(ring, { number, jwk: publicJwk(openSigningKey(pkcs8)), pkcs8 });
}

/** The key that signs. @throws UnavailableError, CorruptError when no replica has it whole */
export function currentSigning(ring: Ring): { kid: string; privateKey: KeyObject } {
  const [current] = readAll(ring);
  if (!current?.pkcs8) throw new CorruptError('no replica of the keyring holds a signing key');
  return { kid: current.jwk.kid, privateKey: openSigningKey(current.pkcs8) };
}

/** All public keys, the current one first. @throws as `currentSigning` */
export function allPublicKeys(ring: Ring): PublicJwk[] {
  return readAll(ring).map(({ jwk }) => jwk);
}

/** Puts a fresh signing key in the place of the current one, whose private half is destroyed. Called under the lock. */
export function renewSigning(ring: Ring): PublicJwk {
  requireAll(ring, 'renewing the signing key');
  const number = (readAll(ring)[0]?.number ?? 0) + 1;
  const bytes = drawSigning(ring, number);
  for (const replica of ring.replicas) replica.writeSigning(number, bytes);
  const [current, ...earlier] = readAll(ring);
  if (!current) throw new CorruptError('no replica of the keyring holds a signing key');
  for (const key of earlier.filter(({ pkcs8 }) => pkcs8)) {
    const publicOnly = encode(ring, { number: key.number, jwk: key.jwk });
    for (const replica of ring.replicas) replica.writeSigning(key.number, publicOnly);
  }
  return current.jwk;
}

/** Newest first. A replica that lacks one, or holds a damaged one, is mended from the other. */
function readAll(ring: Ring): SigningKey[] {
  const { present } = reach(ring);
  if (present.length === 0) throw new UnavailableError('no replica of the keyring can be read');
  const numbers = new Set<number>();
  for (const replica of present) {
    faultOf(replica, () => {
      for (const number of replica.signingNumbers()) numbers.add(number);
    });
  }
  return [...numbers].sort((a, b) => b - a).map((number) => readOne(ring, number));
}

function readOne(ring: Ring, number: number): SigningKey {
  const { present } = reach(ring);
  const copies: { bytes: Buffer | undefined; key: SigningKey | undefined }[] = [];
  for (const replica of present) {
    faultOf(replica, () => {
      const bytes = replica.readSigning(number);
      copies.push({ bytes, key: bytes && decode(ring, number, bytes) });
    });
  }
  const valid = copies.flatMap(({ bytes, key }) => (bytes && key ? [{ bytes, key }] : []));
  // Without its private half a key is further on its way.
  const best = valid.find(({ key }) => !key.pkcs8) ?? valid[0];
  if (!best) throw new CorruptError(`signing key ${number} does not open in any replica`);
  if (copies.some(({ bytes }) => !bytes?.equals(best.bytes))) {
    for (const replica of present) {
      faultOf(replica, () =>
        locked(ring, () => {
          if (!replica.readSigning(number)?.equals(best.bytes)) replica.writeSigning(number, best.bytes);
        }),
      );
    }
  }
  return best.key;
}

function context(ring: Pick<Ring, 'id'>, number: number) {
  return { keyring: ring.id, ref: 'signing', instance: number, generation: 0 };
}

function encode(ring: Pick<Ring, 'id' | 'wrapping'>, { number, jwk, pkcs8 }: SigningKey): Buffer {
  const inner = JSON.stringify({ jwk, ...(pkcs8 && { pkcs8: pkcs8.toString('base64url') }) });
  const sealed = sealKey(ring.wrapping, context(ring, number), Buffer.from(inner));
  return Buffer.from(`${JSON.stringify({ format: 'tenure-signing-key/1', number, kid: jwk.kid, sealed })}\n`);
}

function decode(ring: Ring, number: number, bytes: Buffer): SigningKey | undefined {
  let sealed: unknown;
  try {
    sealed = JSON.parse(bytes.toString()).sealed;
  } catch {
    return undefined;
  }
  const opened = typeof sealed === 'string' ? unsealKey(ring.wrapping, context(ring, number), sealed) : undefined;
  if (!opened) return undefined;
  const { jwk, pkcs8 } = JSON.parse(opened.toString());
  return { number, jwk, ...(pkcs8 && { pkcs8: Buffer.from(pkcs8, 'base64url') }) };
}
