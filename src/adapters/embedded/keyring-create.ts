import fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConflictError, InvalidError, NotFoundError } from '../../domain/errors.ts';
import { translateFault } from './fs-faults.ts';
import {
  assertMaster,
  drawIdentity,
  encodeIdentity,
  type Identity,
  identityPath,
  readIdentity,
} from './keyring-identity.ts';
import { drawDerivation, ensureKeyFile, type MasterSource, masterKey } from './keyring-master.ts';
import { living, locked, look, type Ring } from './keyring-ring.ts';
import { openRing } from './keyring-ring-open.ts';
import { drawSigning } from './keyring-signing.ts';
import { withProcessLock } from './process-lock.ts';
import { createSecret, syncFolder } from './secret-files.ts';

/** Where a keyring lies and what opens it. */
export interface KeyringOptions {
  /** Folders of the replicas, best on different disks. Their paths are their names. */
  replicas: readonly string[];
  master: MasterSource;
}

/**
 * Makes the replicas of a keyring. `keyring.json` is written last: a folder without it is no replica yet, so a killed
 * creation is simply started again. Where some replicas exist, the missing ones are filled from them (a killed creation, or
 * a disk that was replaced).
 *
 * @throws ConflictError when all exist, or a folder holds something else; InvalidError for the master key
 */
export async function createReplicas(options: KeyringOptions): Promise<void> {
  const folders = distinct(options.replicas);
  const existing = folders.filter((folder) => identityIn(folder) !== undefined);
  const missing = folders.filter((folder) => !existing.includes(folder));
  if (missing.length === 0) throw new ConflictError(`a keyring exists in ${folders.join(' and ')}`);
  const [first] = existing;
  for (const folder of missing) makeSkeleton(folder, first !== undefined);
  if (first === undefined) return createFresh(options.master, missing);
  const identity = readIdentity(first);
  const master = await masterKey(options.master, identity.derivation);
  assertMaster(master, identity);
  const from = openRing(identity, existing, master);
  const to = openRing(identity, missing, master);
  locked(from, () => copyKeys(from, to));
  for (const folder of missing) writeIdentity(folder, identity);
}

/** Absolute and without repetition. @throws InvalidError */
export function distinct(replicas: readonly string[]): string[] {
  const folders = replicas.map((folder) => resolve(folder));
  if (folders.length === 0) throw new InvalidError('a keyring needs at least one replica');
  if (new Set(folders).size < folders.length) throw new InvalidError('two replicas of a keyring are the same folder');
  return folders;
}

async function createFresh(source: MasterSource, folders: string[]): Promise<void> {
  if ('keyFile' in source) ensureKeyFile(source.keyFile);
  const derivation = drawDerivation(source);
  const master = await masterKey(source, derivation);
  const identity = drawIdentity(master, derivation);
  const ring = openRing(identity, folders, master);
  const signing = drawSigning(ring, 1);
  withProcessLock(join(folders[0] ?? '', 'lock'), () => {
    if (folders.some(identityIn)) throw new ConflictError('another process is making this keyring');
    for (const replica of ring.replicas) replica.clearTemps();
    for (const replica of ring.replicas) replica.writeSigning(1, signing);
    for (const folder of folders) writeIdentity(folder, identity);
  });
}

/** Records of destructions first: a key must not be there before what forbids it. */
function copyKeys(from: Ring, to: Ring): void {
  for (const replica of to.replicas) {
    for (const source of from.replicas) replica.copyGone(source.folder);
    for (const source of from.replicas) {
      for (const number of source.signingNumbers()) {
        const bytes = source.readSigning(number);
        if (bytes) replica.writeSigning(number, bytes);
      }
      for (const ref of source.list('')) {
        const copy = living(look(from, ref)).find(({ record }) => record);
        if (copy) replica.replace(ref, copy.bytes);
      }
    }
  }
}

function writeIdentity(folder: string, identity: Identity): void {
  try {
    createSecret(join(folder, 'tmp'), identityPath(folder), encodeIdentity(identity));
  } catch (error) {
    throw translateFault(error, `cannot write the keyring in ${folder}`);
  }
}

function identityIn(folder: string): Identity | undefined {
  try {
    return readIdentity(folder);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/**
 * Makes private folders. Keys are never removed here: they would be those of a keyring whose `keyring.json` was lost.
 *
 * @param filling keys may be there, of a filling that was killed
 */
function makeSkeleton(folder: string, filling: boolean): void {
  const own = ['gone', 'keys', 'signing', 'tmp'];
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const foreign = fs.readdirSync(folder).filter((name) => !own.includes(name) && name !== 'lock');
    if (foreign.length > 0)
      throw new ConflictError(`${folder} is not empty: it holds ${foreign.slice(0, 3).join(', ')}`);
    if (!filling && fs.existsSync(join(folder, 'keys')) && fs.readdirSync(join(folder, 'keys')).length > 0) {
      throw new ConflictError(`${folder} holds keys, but no keyring.json`, {
        hint: 'Put keyring.json back from another replica or a copy; without it the keys open no more.',
      });
    }
    fs.chmodSync(folder, 0o700);
    for (const name of own) fs.mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    syncFolder(folder);
    syncFolder(dirname(folder));
  } catch (error) {
    throw translateFault(error, `cannot make a keyring in ${folder}`);
  }
}
