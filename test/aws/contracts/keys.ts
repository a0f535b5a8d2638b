import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { clientConfig } from '../../../src/adapters/aws/aws-client.ts';
import type { KmsKeyStoreOptions } from '../../../src/adapters/aws/kms-key-store.ts';
import { credentials, dynamodb, keysTable } from './tables.ts';

/** Two Regions of an emulator; nothing replicates between them but the key store. */
const regions = ['us-east-1', 'eu-west-1'];

export function kmsClient(endpoint: string): KMSClient {
  return new KMSClient(clientConfig({ region: 'us-east-1', endpoint, credentials }));
}

/** A master key and a signing key. */
export async function kmsKeys(kms: KMSClient): Promise<{ masterKey: string; signingKey: string }> {
  const master = await kms.send(new CreateKeyCommand({}));
  const signing = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }));
  return { masterKey: master.KeyMetadata?.Arn ?? '', signingKey: signing.KeyMetadata?.Arn ?? '' };
}

/** Tables and keys of their own for a key store. */
export async function freshKeys(endpoint: string): Promise<KmsKeyStoreOptions> {
  const kms = kmsClient(endpoint);
  const replicas = [];
  for (const name of regions) {
    const client = dynamodb(endpoint, name);
    replicas.push({ name, client, table: await keysTable(client) });
  }
  return { kms, ...(await kmsKeys(kms)), replicas };
}
