import type { KMSClient } from '@aws-sdk/client-kms';
import { InvalidError } from '../../domain/errors.ts';
import type { KeyRef, KeyStore, ReplicaReceipt } from '../../ports/key-store.ts';
import { keyPlace } from '../key-ref.ts';
import { countKeys } from './kms-key-counts.ts';
import { destroyKeys } from './kms-key-destroy.ts';
import { refsIn } from './kms-key-listing.ts';
import { makeKey } from './kms-key-make.ts';
import { openKey } from './kms-key-open.ts';
import type { Replica } from './kms-key-replica.ts';
import { rotateTenant } from './kms-key-rotate.ts';
import { kmsMaster } from './kms-master.ts';
import { keyRecoveries } from './kms-recoveries.ts';
import { everywhere, noReplica, type Ring } from './kms-ring.ts';
import { kmsSigning } from './kms-signing.ts';

/** What a key store on AWS consists of. */
export interface KmsKeyStoreOptions {
  kms: KMSClient;
  /** Id or ARN of the symmetric key that wraps tenant and evidence keys. */
  masterKey: string;
  /** Id or ARN of the key (ECC_NIST_P256, SIGN_VERIFY) that signs. */
  signingKey: string;
  /** The tables of keys, in the same order in every process: the first one decides who makes a key. */
  replicas: readonly Replica[];
}

/** Keys that are destroyed at once: with the records of their destruction a BatchGetItem reads a hundred items. */
const batchSize = 50;

/**
 * Keys as rows of DynamoDB tables in two Regions (partition key `pk`, sort key `sk`, nothing else). KMS wraps tenant and
 * evidence keys; everything below a tenant is wrapped here by the tenant key, AES-256-GCM bound to its ref, so a backup
 * costs one call of KMS. The tables work as replicas whether or not AWS replicates between them.
 *
 * Reading takes one replica, making and rotating all of them; destroying takes what is there and says what is not. Every open
 * asks all replicas, since one of them may know that the key was destroyed: it takes a round trip to the far Region, and three
 * seconds where that does not answer.
 */
export function kmsKeyStore({ kms, masterKey, signingKey, replicas }: KmsKeyStoreOptions): KeyStore {
  if (replicas.length === 0) throw new InvalidError('a key store needs at least one replica');
  const ring: Ring = { replicas, master: kmsMaster(kms, masterKey) };
  return {
    ...kmsSigning(kms, signingKey, ring),
    replicas: async () => await countKeys(ring),
    recoveries: async () => await keyRecoveries(replicas),
    make: async (ref) => Buffer.from(await makeKey(ring, ref)),
    async open(ref) {
      keyPlace(ref);
      return (await openKey(ring, ref)).key;
    },
    async destroy(refs) {
      const all = [...new Set(refs)];
      for (const ref of all) keyPlace(ref);
      const receipts = new Map<KeyRef, ReplicaReceipt[]>();
      for (let at = 0; at < all.length; at += batchSize) {
        for (const [ref, each] of await destroyKeys(ring, all.slice(at, at + batchSize))) receipts.set(ref, each);
      }
      return receipts;
    },
    async list(prefix) {
      const answers = await everywhere(ring, (replica) => refsIn(replica, prefix));
      const absent = answers.flatMap(({ replica, fault }) => (fault ? [{ replica, fault }] : []));
      if (absent.length === replicas.length) throw noReplica(ring, absent);
      return [...new Set(answers.flatMap(({ result }) => result ?? []))].sort();
    },
    async rotate(tenant) {
      keyPlace(`tenant/${tenant}`);
      await rotateTenant(ring, tenant);
    },
  };
}
