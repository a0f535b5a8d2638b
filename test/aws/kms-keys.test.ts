import {
  CreateBackupCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb';
import { CancelKeyDeletionCommand, EnableKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { describe, expect, inject, it } from 'vitest';
import { kmsKeyStore } from '../../src/adapters/aws/kms-key-store.ts';
import { freshKeys } from './contracts/keys.ts';

describe.each(['ministack', 'moto'] as const)('keys on %s', (emulator) => {
  it('that were put under another name do not open: KMS wrapped them for theirs', async () => {
    const options = await freshKeys(inject(emulator));
    await kmsKeyStore(options).make('tenant/acme');
    await kmsKeyStore(options).make('tenant/other');
    for (const { client, table } of options.replicas) {
      const Key = { pk: { S: 'tenant' }, sk: { S: 'acme' } };
      const { Item } = await client.send(new GetItemCommand({ TableName: table, Key }));
      await client.send(new PutItemCommand({ TableName: table, Item: { ...Item, sk: { S: 'other' } } }));
    }
    expect(await kmsKeyStore(options).open('tenant/acme')).toHaveLength(32);
    await expect(kmsKeyStore(options).open('tenant/other')).rejects.toMatchObject({ name: 'CorruptError' });
  });
});

describe('keys on ministack (moto still decrypts after ScheduleKeyDeletion)', () => {
  it('are blocked while the master key waits for its deletion, can be destroyed, and open again when that is cancelled', async () => {
    const options = await freshKeys(inject('ministack'));
    const { kms, masterKey: KeyId } = options;
    const made = await kmsKeyStore(options).make('tenant/acme');
    await kmsKeyStore(options).make('tenant/other');
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    const blocked = { name: 'BlockedError', hint: expect.stringContaining('cancel') };
    await expect(kmsKeyStore(options).open('tenant/acme')).rejects.toMatchObject(blocked);
    await expect(kmsKeyStore(options).make('tenant/third')).rejects.toMatchObject(blocked);
    const receipts = (await kmsKeyStore(options).destroy(['tenant/other'])).get('tenant/other');
    expect(receipts?.map(({ acknowledged }) => acknowledged)).toEqual([true, true]);
    await kms.send(new CancelKeyDeletionCommand({ KeyId }));
    await kms.send(new EnableKeyCommand({ KeyId }));
    expect(await kmsKeyStore(options).open('tenant/acme')).toEqual(made);
  });
});

describe('keys on moto (ministack keeps no point-in-time recovery)', () => {
  it('could come back where recovery is on or a backup exists, and the store says so', async () => {
    const options = await freshKeys(inject('moto'));
    const [first, second] = options.replicas;
    await first!.client.send(
      new UpdateContinuousBackupsCommand({
        TableName: first!.table,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    );
    await second!.client.send(new CreateBackupCommand({ TableName: second!.table, BackupName: 'by-hand' }));
    const found = await kmsKeyStore(options).recoveries();
    expect(found).toContainEqual(expect.stringMatching(/us-east-1 has point-in-time recovery on, back to 20/));
    expect(found).toContainEqual(expect.stringMatching(/eu-west-1 has 1 backups$/));
  });
});
