import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  DecryptCommand,
  EncryptCommand,
  GetPublicKeyCommand,
  InvalidCiphertextException,
  KMSClient,
  SignCommand,
} from '@aws-sdk/client-kms';
import { mockClient } from 'aws-sdk-client-mock';

/** KMS in memory: one master key, and signing keys that are drawn when they are first named. */
export function fakeKms() {
  const client = new KMSClient({ region: 'eu-west-1' });
  const mock = mockClient(client);
  const wrapped = new Map<string, { context: string; key: Buffer }>();
  const pairs = new Map<string, { publicKey: KeyObject; privateKey: KeyObject }>();
  const expected = new Map<string, Buffer>();
  const kms = {
    client,
    mock,
    /** How often something was unwrapped. */
    decrypts: 0,
    /** Called for each request that uses the master key; what it throws is the answer. */
    tap: (): void => undefined,
    /** Says what will be signed: node signs no digest as it is, so the data is looked up by it. */
    expects(data: Buffer): Buffer {
      expected.set(createHash('sha256').update(data).digest('hex'), data);
      return data;
    },
  };
  const pairOf = (id: string) => {
    const pair = pairs.get(id) ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
    pairs.set(id, pair);
    return pair;
  };
  mock.on(EncryptCommand).callsFake(async ({ Plaintext, EncryptionContext }) => {
    kms.tap();
    const blob = `blob-${wrapped.size}`;
    wrapped.set(blob, { context: JSON.stringify(EncryptionContext), key: Buffer.from(Plaintext) });
    return { CiphertextBlob: Buffer.from(blob) };
  });
  mock.on(DecryptCommand).callsFake(async ({ CiphertextBlob, EncryptionContext }) => {
    kms.tap();
    kms.decrypts++;
    const found = wrapped.get(Buffer.from(CiphertextBlob).toString());
    if (found?.context === JSON.stringify(EncryptionContext)) return { Plaintext: Buffer.from(found.key) };
    throw new InvalidCiphertextException({ message: '', $metadata: {} });
  });
  mock.on(GetPublicKeyCommand).callsFake(async ({ KeyId }) => ({
    KeyId,
    PublicKey: pairOf(KeyId).publicKey.export({ format: 'der', type: 'spki' }),
  }));
  mock.on(SignCommand).callsFake(async ({ KeyId, Message, MessageType, SigningAlgorithm }) => {
    const data = expected.get(Buffer.from(Message).toString('hex'));
    if (MessageType !== 'DIGEST' || SigningAlgorithm !== 'ECDSA_SHA_256' || data === undefined)
      throw new Error('nobody said that this would be signed');
    return { Signature: sign('sha256', data, { key: pairOf(KeyId).privateKey, dsaEncoding: 'der' }) };
  });
  return kms;
}
