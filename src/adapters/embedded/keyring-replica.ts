import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { keyPlace } from '../key-ref.ts';
import { faultCode } from './fs-faults.ts';
import { readIdentity } from './keyring-identity.ts';
import {
  clearTemps,
  createSecret,
  destroySecret,
  ensureFolder,
  pruneFolders,
  readSecret,
  replaceSecret,
  syncFolder,
} from './secret-files.ts';

/**
 * One folder of a keyring: `keys/<ref>` holds keys, `gone/<name>` records destructions, `signing/` the signing keys,
 * `tmp/` what is being written, `lock` keeps writers apart. Folders 0700, files 0600. Methods that write are called
 * under the lock; foreign errors come out as they are.
 *
 * A record of a destruction is an empty file named by an HMAC of the ref: it holds no key, and does not tell of whom.
 * It stays for good. A replica that was away, or was put back from an old copy, brings the key file along, and without the
 * record the key would return to the other replica.
 */
export interface Replica {
  folder: string;
  /** Refuses a folder that is not (now) a replica of this keyring. @throws TenureError */
  assertPresent(): void;
  read(ref: KeyRef): Buffer | undefined;
  create(ref: KeyRef, bytes: Buffer): void;
  replace(ref: KeyRef, bytes: Buffer): void;
  /** Overwrites and removes; durable after `settle`. */
  destroy(ref: KeyRef): void;
  /** Takes back a key that nobody got to use. */
  withdraw(ref: KeyRef): void;
  /** Makes removals of these refs durable, also those of a process that was killed, and removes empty folders. */
  settle(refs: readonly KeyRef[]): void;
  /** The last instance of the ref that was destroyed: 0 for none, `Infinity` for a ref that can never be made again. */
  goneUpTo(ref: KeyRef): number;
  /** Records destructions durably. */
  recordGone(refs: readonly { ref: KeyRef; upTo: number }[]): void;
  /** Takes over the records of another replica. */
  copyGone(folder: string): void;
  list(prefix: string): KeyRef[];
  /** Numbers of the signing keys, ascending from 1. */
  signingNumbers(): number[];
  readSigning(number: number): Buffer | undefined;
  writeSigning(number: number, bytes: Buffer): void;
  clearTemps(): void;
}

/** @param secret key of the HMAC that names destructions */
export function openReplica(folder: string, keyring: string, secret: Buffer): Replica {
  const temps = join(folder, 'tmp');
  const gone = join(folder, 'gone');
  const durable = new Set<string>();
  const signing = join(folder, 'signing');
  const signingPath = (number: number): string => join(signing, `${String(number).padStart(4, '0')}.json`);
  const pathOf = (ref: KeyRef): string => join(folder, 'keys', ref);
  const goneName = (ref: KeyRef, instance: number): string => {
    const name = createHmac('sha256', secret).update(ref).digest('hex').slice(0, 32);
    return instance === Number.POSITIVE_INFINITY ? name : `${name}.${instance}`;
  };
  // Not `existsSync`: a record that cannot be looked at must not count as absent.
  const isGone = (ref: KeyRef, instance: number): boolean =>
    fs.lstatSync(join(gone, goneName(ref, instance)), { throwIfNoEntry: false }) !== undefined;
  const goneUpTo = (ref: KeyRef): number => {
    if (keyPlace(ref).once) return isGone(ref, Number.POSITIVE_INFINITY) ? Number.POSITIVE_INFINITY : 0;
    let last = 0;
    while (isGone(ref, last + 1)) last++;
    return last;
  };
  return {
    folder,
    assertPresent() {
      if (readIdentity(folder).id === keyring) return;
      throw new InvalidError(`${folder} is a replica of another keyring`);
    },
    read: (ref) => readSecret(pathOf(ref)),
    create(ref, bytes) {
      ensureFolder(folder, temps, durable);
      ensureFolder(folder, dirname(pathOf(ref)), durable);
      createSecret(temps, pathOf(ref), bytes);
    },
    replace(ref, bytes) {
      ensureFolder(folder, temps, durable);
      ensureFolder(folder, dirname(pathOf(ref)), durable);
      replaceSecret(temps, pathOf(ref), bytes);
    },
    destroy(ref) {
      destroySecret(pathOf(ref));
    },
    withdraw(ref) {
      fs.rmSync(pathOf(ref), { force: true });
      if (fs.existsSync(dirname(pathOf(ref)))) syncFolder(dirname(pathOf(ref)));
    },
    settle(refs) {
      for (const parent of new Set(refs.map((ref) => dirname(pathOf(ref))))) {
        if (fs.existsSync(parent)) syncFolder(parent);
        pruneFolders(join(folder, 'keys'), parent);
      }
    },
    goneUpTo,
    recordGone(refs) {
      ensureFolder(folder, gone, durable);
      for (const { ref, upTo } of refs) {
        // A replica that was away while earlier instances went gets their records too: they are counted without gaps.
        const first = upTo === Number.POSITIVE_INFINITY ? upTo : goneUpTo(ref) + 1;
        for (let instance = first; instance <= upTo; instance++) {
          touch(join(gone, goneName(ref, instance)));
          if (instance === Number.POSITIVE_INFINITY) break;
        }
      }
      syncFolder(gone);
    },
    copyGone(from) {
      ensureFolder(folder, gone, durable);
      for (const { name } of readFolder(join(from, 'gone'))) touch(join(gone, name));
      syncFolder(gone);
    },
    list: (prefix) => listRefs(join(folder, 'keys'), prefix),
    signingNumbers: () =>
      readFolder(signing).flatMap(({ name }) => (/^\d{4}\.json$/.test(name) ? [Number(name.slice(0, 4))] : [])),
    readSigning: (number) => readSecret(signingPath(number)),
    writeSigning(number, bytes) {
      for (const needed of [temps, signing]) ensureFolder(folder, needed, durable);
      replaceSecret(temps, signingPath(number), bytes);
    },
    clearTemps: () => clearTemps(temps),
  };
}

function touch(path: string): void {
  fs.closeSync(fs.openSync(path, 'a', 0o600));
}

function listRefs(keys: string, prefix: string): KeyRef[] {
  const refs: KeyRef[] = [];
  const walk = (below: string): void => {
    for (const entry of readFolder(join(keys, below))) {
      const name = below + entry.name;
      if (entry.isDirectory() && (`${name}/`.startsWith(prefix) || prefix.startsWith(`${name}/`))) walk(`${name}/`);
      else if (!entry.isDirectory() && name.startsWith(prefix) && isRef(name)) refs.push(name);
    }
  };
  walk('');
  return refs;
}

function readFolder(path: string): fs.Dirent[] {
  try {
    return fs.readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (faultCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function isRef(name: string): boolean {
  try {
    keyPlace(name);
    return true;
  } catch {
    return false;
  }
}
