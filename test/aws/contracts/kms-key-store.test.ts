import { inject } from 'vitest';
import { kmsKeyStore } from '../../../src/adapters/aws/kms-key-store.ts';
import { describeKeyStore } from '../../contracts/key-store.ts';
import { freshKeys } from './keys.ts';

describeKeyStore('KMS and DynamoDB on ministack', async () => kmsKeyStore(await freshKeys(inject('ministack'))));

describeKeyStore('KMS and DynamoDB on moto', async () => kmsKeyStore(await freshKeys(inject('moto'))), {
  skip: {
    'knows no way in which a destroyed key could come back': 'moto has no DescribeKinesisStreamingDestination',
    'signs with ES256, so that the public key alone verifies': 'moto ignores MessageType DIGEST and hashes once more',
  },
});
