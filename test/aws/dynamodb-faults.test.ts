import { expect, inject, it, onTestFinished } from 'vitest';
import { dynamodbTable } from '../../src/adapters/aws/dynamodb-table.ts';
import { kmsKeyStore } from '../../src/adapters/aws/kms-key-store.ts';
import { freshKeys, kmsClient } from './contracts/keys.ts';
import { catalogTable, dynamodb } from './contracts/tables.ts';
import { faultProxy } from './fault-proxy.ts';

/** A tenth of all requests meets a fault: far more than AWS ever shows, and still within six tries of the SDK. */
const rate = 0.1;

async function disturbed(seed: string) {
  const proxy = await faultProxy({ target: inject('ministack'), rate, seed });
  onTestFinished(proxy.close);
  return proxy;
}

it('a table whose replies get lost counts every write once: a lost reply is no conflict', async () => {
  const name = await catalogTable(dynamodb(inject('ministack')));
  const proxy = await disturbed('counter');
  const table = dynamodbTable({ client: dynamodb(proxy.url), table: name });
  const key = { pk: 'p', sk: 'counter' };
  for (let n = 1; n <= 120; n++) {
    const row = await table.get(key);
    expect(row?.version ?? 0).toBe(n - 1);
    await table.transact([
      { put: { ...key, data: { n } }, when: row?.version ?? 'absent' },
      { put: { pk: 'p', sk: `step-${n}`, data: {} }, when: 'absent' },
    ]);
  }
  expect(await table.query('p', { prefix: 'step-' })).toHaveLength(120);
  expect(proxy.lostReplies().get('DynamoDB.TransactWriteItems')).toBeGreaterThan(0);
});

it('keys are made, opened and destroyed once through the same', async () => {
  const options = await freshKeys(inject('ministack'));
  const proxy = await disturbed('keys');
  const through = options.replicas.map(({ name, table }) => ({ name, table, client: dynamodb(proxy.url, name) }));
  const keys = kmsKeyStore({ ...options, kms: kmsClient(proxy.url), replicas: through });
  const calm = kmsKeyStore(options);
  await keys.make('tenant/acme');
  const made = new Map<string, Buffer>();
  for (let n = 0; n < 20; n++) made.set(`root/acme/files/${n}`, await keys.make(`root/acme/files/${n}`));
  await keys.rotate('acme');
  for (const [ref, key] of made) expect(await keys.open(ref)).toEqual(key);
  const gone = [...made.keys()].slice(0, 10);
  for (const receipts of (await keys.destroy(gone)).values())
    expect(receipts.map(({ acknowledged }) => acknowledged)).toEqual([true, true]);
  expect(await calm.list('root/')).toEqual([...made.keys()].slice(10).sort());
  expect((await calm.replicas()).map((replica) => replica.keys)).toEqual([11, 11]);
  expect(proxy.lostReplies().size).toBeGreaterThan(0);
});
