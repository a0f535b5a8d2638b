import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { ecdsaFromDer } from '../../domain/ecdsa-der.ts';
import { CorruptError, InvalidError, type TenureError } from '../../domain/errors.ts';
import type { KeyStore, PublicJwk } from '../../ports/key-store.ts';
import { publicJwk } from '../signing-jwk.ts';
import { itemKey } from './dynamodb-item.ts';
import { queried } from './kms-key-listing.ts';
import { faultsOf, type Replica } from './kms-key-replica.ts';
import { masterFault } from './kms-master.ts';
import { everywhere, noReplica, type Ring } from './kms-ring.ts';

/** Partition of the public keys that ever signed. */
const partition = 'signing';

interface SigningKey {
  /** ARN: an alias may be pointed elsewhere between two calls. */
  id: string;
  jwk: PublicJwk;
}

/**
 * Signs by KMS. SHA-256 is made here, so that a certificate of any size is signed and none leaves the process. Before a key
 * signs for the first time its public half goes on record in the table of keys, wrapped by the master key too (nobody can
 * slip in a key of their own), so that what it signed verifies when the settings name another key one day.
 */
export function kmsSigning(kms: KMSClient, keyId: string, ring: Ring): Pick<KeyStore, 'sign' | 'publicKeys'> {
  let known: Promise<SigningKey> | undefined;
  const recorded = new Set<string>();
  const current = (): Promise<SigningKey> => {
    known ??= signingKey(kms, keyId).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    async sign(data) {
      const { id, jwk } = await current();
      if (!recorded.has(jwk.kid)) await record(ring, jwk);
      recorded.add(jwk.kid);
      const command = new SignCommand({
        KeyId: id,
        Message: createHash('sha256').update(data).digest(),
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_256',
      });
      const { Signature } = await kms.send(command).catch((error: unknown) => {
        // The settings may name an alias that points to another key by now.
        known = undefined;
        throw masterFault(error, 'nothing could be signed');
      });
      return { kid: jwk.kid, signature: ecdsaFromDer(Signature ?? new Uint8Array()) };
    },
    async publicKeys() {
      const { jwk } = await current();
      const former = (await onRecord(ring)).filter(({ kid }) => kid !== jwk.kid);
      return [jwk, ...former];
    },
  };
}

async function signingKey(kms: KMSClient, keyId: string): Promise<SigningKey> {
  const command = new GetPublicKeyCommand({ KeyId: keyId });
  const { PublicKey, KeyId } = await kms.send(command).catch((error: unknown) => {
    throw masterFault(error, 'the public signing key could not be read');
  });
  let key: KeyObject | undefined;
  try {
    key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' });
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new InvalidError(`the signing key ${keyId} is no key on the curve P-256`, {
      hint: 'Make one of the kind ECC_NIST_P256 for SIGN_VERIFY.',
    });
  }
  return { id: KeyId ?? keyId, jwk: publicJwk(key) };
}

/** One replica is enough: the replication brings it to the others, and all are asked for it. */
async function record(ring: Ring, jwk: PublicJwk): Promise<void> {
  const Key = itemKey({ pk: partition, sk: jwk.kid });
  const answers = await everywhere(ring, async (replica) => {
    const { Item } = await faultsOf(replica, () =>
      replica.client.send(new GetItemCommand({ TableName: replica.table, Key, ConsistentRead: true })),
    );
    if (Item) return;
    const proof = await ring.master.wrap(refOf(jwk.kid), Buffer.from(JSON.stringify(jwk)));
    const item = { ...Key, jwk: { S: proof }, since: { S: new Date().toISOString() } };
    await faultsOf(replica, () => replica.client.send(new PutItemCommand({ TableName: replica.table, Item: item })));
  });
  const absent = faults(answers);
  if (absent.length === ring.replicas.length) throw noReplica(ring, absent);
}

/** Newest first. @throws CorruptError for one that was not put there by Tenure */
async function onRecord(ring: Ring): Promise<PublicJwk[]> {
  const answers = await everywhere(ring, (replica) => queried(replica, { pk: partition, sk: '' }));
  const absent = faults(answers);
  if (absent.length === ring.replicas.length) throw noReplica(ring, absent);
  const found = new Map<string, { proof: string; since: string }>();
  for (const item of answers.flatMap(({ result }) => result ?? [])) {
    const kid = item.sk?.S ?? '';
    const since = [item.since?.S ?? '', found.get(kid)?.since ?? '~'].sort()[0] ?? '';
    found.set(kid, { proof: item.jwk?.S ?? '', since });
  }
  const sorted = [...found].sort(([, a], [, b]) => (a.since < b.since ? 1 : -1));
  return await Promise.all(sorted.map(([kid, { proof }]) => opened(ring, kid, proof)));
}

async function opened(ring: Ring, kid: string, proof: string): Promise<PublicJwk> {
  const jwk: JsonWebKey = JSON.parse((await ring.master.unwrap(refOf(kid), proof)).toString());
  const again = publicJwk(createPublicKey({ key: jwk, format: 'jwk' }));
  if (again.kid !== kid) throw new CorruptError(`the public key on record as ${kid} is another one`);
  return again;
}

function refOf(kid: string): string {
  return `signing/${kid}`;
}

function faults(answers: readonly { replica: Replica; fault?: TenureError }[]) {
  return answers.flatMap(({ replica, fault }) => (fault ? [{ replica, fault }] : []));
}
