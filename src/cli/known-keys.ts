import type { JwkSet } from '../documents/jws.ts';
import { InvalidError } from '../domain/errors.ts';
import type { Bare } from './cli.ts';
import { readInputFile } from './input-file.ts';
import { lookAtHome } from './look-at-home.ts';

/** The public keys that count: those of a file, else of the home. @throws InvalidError for a file that holds none */
export async function knownKeys(bare: Bare, file: string | undefined): Promise<JwkSet> {
  if (file !== undefined) return parseJwks(file, readInputFile(file));
  return await lookAtHome(bare, async ({ deps }) => ({ keys: await deps.keys.publicKeys() }));
}

function parseJwks(file: string, bytes: Buffer): JwkSet {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new InvalidError(`${file} is no JSON`, {
      hint: '`tenure keys jwks` prints the keys as they are wanted here.',
      cause,
    });
  }
  const keys = typeof parsed === 'object' && parsed !== null && 'keys' in parsed ? parsed.keys : undefined;
  if (Array.isArray(keys) && keys.length > 0 && keys.every(isP256)) return { keys };
  throw new InvalidError(`${file} is no set of public keys (RFC 7517, P-256)`, {
    hint: '`tenure keys jwks` prints the keys as they are wanted here.',
  });
}

function isP256(key: unknown): boolean {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, crv, x, y, kid } = key as Record<string, unknown>;
  return kty === 'EC' && crv === 'P-256' && [x, y, kid].every((member) => typeof member === 'string' && member !== '');
}
