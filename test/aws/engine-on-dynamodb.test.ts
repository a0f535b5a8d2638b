import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { dynamodbTable } from '../../src/adapters/aws/dynamodb-table.ts';
import { kmsKeyStore } from '../../src/adapters/aws/kms-key-store.ts';
import { addDays } from '../../src/domain/calendar.ts';
import { runControls } from '../../src/use-cases/run-controls.ts';
import { copiesOf, expectTidy, filesOf, openAlerts, restoredFiles } from '../workflows/checks.ts';
import { expectErased, sweepOf, unpaidLife } from '../workflows/erasure-life.ts';
import { memoryHome, writeFiles } from '../workflows/memory-home.ts';
import { freshKeys } from './contracts/keys.ts';
import { catalogTable, dynamodb } from './contracts/tables.ts';

/** A catalog and keys on an emulator; what a home in memory is asked about its keys is read from there. */
async function onEmulator(endpoint: string) {
  const client = dynamodb(endpoint);
  const options = await freshKeys(endpoint);
  const store = kmsKeyStore(options);
  const keys = Object.assign(store, { keys: new Map<string, Buffer>() });
  return {
    ports: { table: dynamodbTable({ client, table: await catalogTable(client) }), keys },
    async look(): Promise<void> {
      keys.keys = new Map(
        await Promise.all((await store.list('')).map(async (ref) => [ref, Buffer.alloc(0)] as const)),
      );
    },
    /** Everything that the tables of keys hold, in both Regions. */
    async held(): Promise<string> {
      const found = options.replicas.map(({ client: each, table }) => each.send(new ScanCommand({ TableName: table })));
      return JSON.stringify((await Promise.all(found)).map(({ Items }) => Items));
    },
  };
}

describe.each(['ministack', 'moto'] as const)('the engine on DynamoDB and KMS of %s', (emulator) => {
  it('backs up, backs up again and lets the first copy expire: the second restores, nothing else is left', async () => {
    const { ports, look } = await onEmulator(inject(emulator));
    const now = '2026-03-02T10:00:00.000Z';
    const home = await memoryHome({ now, ...ports });
    await home.tenant('acme');
    const folder = await home.source('acme', 'files', {
      'a.txt': 'alpha',
      'b.txt': 'beta',
      'large.bin': 'x'.repeat(3e6),
    });
    const process = home.process();
    expect((await process.run('backup')).execution.status).toBe('succeeded');
    home.clock.moveTo(addDays(now, 1));
    writeFiles(folder, { 'b.txt': 'changed', 'c.txt': 'new' });
    expect((await process.run('backup')).execution.status).toBe('succeeded');
    expect(await copiesOf(home, 'acme', 'files')).toHaveLength(2);
    home.plan('unattended', (plan) => ({ ...plan, retention: { retentionDays: 90, keepLast: 1 } }));
    expect((await process.run('expiry')).execution.status).toBe('succeeded');
    const [kept, ...more] = await copiesOf(home, 'acme', 'files');
    expect(more).toEqual([]);
    expect(kept?.takenAt).toBe(addDays(now, 1));
    expect(await restoredFiles(home, kept!)).toEqual(filesOf(folder));
    await home.expectLedgerWhole();
    await look();
    await expectTidy(home);
    expect((await ports.keys.replicas()).map(({ keys }) => keys)).toEqual([ports.keys.keys.size, ports.keys.keys.size]);
    expect(await openAlerts(home)).toEqual([]);
  });
});

describe('the engine on DynamoDB and KMS of ministack', () => {
  it('erases a tenant: no key of it is left in either Region, nor the name of a source; controls know no way back', async () => {
    const { ports, look, held } = await onEmulator(inject('ministack'));
    const life = await unpaidLife(ports);
    expect(await held()).toContain('root/acme');
    await life.process().run('notice', sweepOf(life));
    await look();
    await expectErased(life);
    const left = await held();
    expect(left).not.toMatch(/(?:tenant|source|root|work)\/acme|"mail\//);
    const { results } = await runControls.typed(life.process().deps, {});
    expect(results.find(({ id }) => id === 'keys-recoverable')).toMatchObject({ status: 'pass' });
    expect(results.find(({ id }) => id === 'key-replicas')).toMatchObject({ status: 'pass' });
  });
});
