import { deriveKey } from '../key-wrapping.ts';
import type { Identity } from './keyring-identity.ts';
import { openReplica } from './keyring-replica.ts';
import type { Ring } from './keyring-ring.ts';

/** Puts a keyring together; nothing is read. The master key itself is not kept. */
export function openRing({ id }: Identity, folders: readonly string[], master: Buffer): Ring {
  const names = deriveKey(master, id, 'gone');
  return {
    id,
    replicas: folders.map((folder) => openReplica(folder, id, names)),
    wrapping: deriveKey(master, id, 'wrap'),
    held: false,
  };
}
