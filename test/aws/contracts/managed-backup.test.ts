import { randomBytes } from 'node:crypto';
import { BackupClient, CreateBackupVaultCommand } from '@aws-sdk/client-backup';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { awsBackup } from '../../../src/adapters/aws/aws-backup-managed.ts';
import { clientConfig } from '../../../src/adapters/aws/aws-client.ts';
import { describeManagedBackup, type OpenedManagedBackup } from '../../contracts/managed-backup.ts';

const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' });

/** A vault and a table of their own. */
async function fresh(endpoint: string): Promise<OpenedManagedBackup> {
  const config = clientConfig({ region: 'us-east-1', endpoint, credentials });
  const name = `tenure-${randomBytes(6).toString('hex')}`;
  const client = new BackupClient(config);
  await client.send(new CreateBackupVaultCommand({ BackupVaultName: name }));
  const { TableDescription } = await new DynamoDBClient(config).send(
    new CreateTableCommand({
      TableName: name,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const role = 'arn:aws:iam::123456789012:role/tenure-backup';
  const managed = awsBackup({ client, vault: name, role, pause: async () => undefined });
  return { managed, resource: TableDescription?.TableArn ?? '' };
}

/** Neither emulator has recovery points that could be looked at, deleted or restored: test/adapters/aws-backup-managed.test.ts. */
const beyondJobs = (gap: string) => ({
  'lists a point until it is deleted, with the time at which it goes by itself': gap,
  'a point that is not there is gone, as often as one asks': gap,
  'restores for a test, takes the verdict and cleans up': gap,
});

describeManagedBackup('AWS Backup on ministack', async () => await fresh(inject('ministack')), {
  skip: {
    ...beyondJobs('ministack ends jobs and names recovery points that it does not hold'),
    'starts one backup for one name': 'ministack does not look at the idempotency token',
  },
});

const noJobs = 'moto knows vaults and plans of AWS Backup, and no jobs';

describeManagedBackup('AWS Backup on moto', async () => await fresh(inject('moto')), {
  skip: {
    ...beyondJobs(noJobs),
    'answers absence as the port says': noJobs,
    'knows no restore test that nobody has started': 'moto knows no restore tests',
    'starts one backup for one name': noJobs,
  },
});
