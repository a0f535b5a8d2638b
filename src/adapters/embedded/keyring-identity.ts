import { randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { CorruptError, InvalidError, NotFoundError } from '../../domain/errors.ts';
import { deriveKey } from '../key-wrapping.ts';
import { translateFault } from './fs-faults.ts';
import type { Derivation } from './keyring-master.ts';
import { readSecret } from './secret-files.ts';

const format = 'tenure-keyring/1';
const fileName = 'keyring.json';

/** What makes a folder a replica of one keyring: `keyring.json`, equal in all of them. It is no secret. */
export interface Identity {
  id: string;
  /** How the master key comes about. */
  derivation: Derivation;
  /** Tells whether a master key is the right one, without telling anything about it. */
  check: string;
}

/** Draws the identity of a new keyring. */
export function drawIdentity(master: Buffer, derivation: Derivation): Identity {
  const id = randomBytes(16).toString('hex');
  return { id, derivation, check: checkOf(master, id) };
}

/** @throws InvalidError when the master key is not that of this keyring */
export function assertMaster(master: Buffer, identity: Identity): void {
  if (!timingSafeEqual(Buffer.from(checkOf(master, identity.id)), Buffer.from(identity.check))) {
    const what = identity.derivation.name === 'scrypt' ? 'passphrase' : 'key file';
    throw new InvalidError(`the ${what} does not open this keyring`, {
      hint: `Use the ${what} that it was made with.`,
    });
  }
}

/** Path of the file that carries the identity. */
export function identityPath(folder: string): string {
  return join(folder, fileName);
}

export function encodeIdentity(identity: Identity): Buffer {
  return Buffer.from(`${JSON.stringify({ format, ...identity }, undefined, 2)}\n`);
}

/**
 * Reads whose replica a folder is. An empty folder is none: it may be the place where a disk is not mounted, and nothing
 * may be concluded from what is not in it.
 *
 * @throws NotFoundError when the folder is no replica, CorruptError when its file is damaged, UnavailableError
 */
export function readIdentity(folder: string): Identity {
  let bytes: Buffer | undefined;
  try {
    bytes = readSecret(identityPath(folder));
  } catch (error) {
    throw translateFault(error, `cannot read the keyring in ${folder}`);
  }
  if (!bytes) {
    throw new NotFoundError(`${folder} holds no keyring`, { hint: 'Is the disk mounted that the keyring lies on?' });
  }
  const found = parse(bytes);
  if (!found) throw new CorruptError(`${identityPath(folder)} is damaged`, { hint: 'Copy it from the other replica.' });
  return found;
}

function parse(bytes: Buffer): Identity | undefined {
  try {
    const found = JSON.parse(bytes.toString());
    const valid = found.format === format && /^[0-9a-f]{32}$/.test(found.id) && /^[0-9a-f]{64}$/.test(found.check);
    if (!valid || !['scrypt', 'none'].includes(found.derivation.name)) return undefined;
    return { id: found.id, derivation: found.derivation, check: found.check };
  } catch {
    return undefined;
  }
}

function checkOf(master: Buffer, id: string): string {
  return deriveKey(master, id, 'check').toString('hex');
}
