import {
  DynamoDBClient,
  GetItemCommand,
  ResourceNotFoundException,
  TransactionCanceledException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dynamodbTable } from '../../src/adapters/aws/dynamodb-table.ts';
import type { KeyRange, Table, Write } from '../../src/ports/table.ts';
import { describeTable } from '../contracts/table.ts';
import { memoryTable } from '../memory-ports.ts';
import { fakeDynamodb } from './fake-dynamodb.ts';

function onFake(): Table {
  const [replica] = fakeDynamodb(['eu-west-1']).replicas;
  return dynamodbTable({ client: replica!.client, table: 'catalog' });
}

describeTable('DynamoDB, pages of three', async () => onFake());

const cancelled = (...codes: string[]) =>
  new TransactionCanceledException({
    message: 'cancelled',
    CancellationReasons: codes.map((Code) => ({ Code })),
    $metadata: {},
  });

function mocked() {
  const client = new DynamoDBClient({ region: 'eu-west-1' });
  const mock = mockClient(client);
  const tokens = () => mock.commandCalls(TransactWriteItemsCommand).map(({ args }) => args[0].input.ClientRequestToken);
  return { mock, tokens, table: dynamodbTable({ client, table: 'catalog' }) };
}

const row: Write = { put: { pk: 'p', sk: 's', data: { a: 1 } }, when: 3 };

describe('a transaction on DynamoDB', () => {
  it('names the writes whose conditions failed, whatever else was in the way', async () => {
    const { mock, table } = mocked();
    mock.on(TransactWriteItemsCommand).rejects(cancelled('None', 'ConditionalCheckFailed', 'TransactionConflict'));
    const writes: Write[] = [row, { delete: { pk: 'p', sk: 't' }, when: 1 }, { check: { pk: 'q', sk: 's' }, when: 2 }];
    await expect(table.transact(writes)).rejects.toMatchObject({ name: 'ConflictError', details: { failed: [1] } });
    expect(mock.calls()).toHaveLength(1);
  });

  it.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'is tried again under a new token after %s: nothing was written',
    async (code) => {
      const { mock, table, tokens } = mocked();
      mock.on(TransactWriteItemsCommand).rejectsOnce(cancelled(code)).rejectsOnce(cancelled('None', code)).resolves({});
      await table.transact([row]);
      expect(new Set(tokens()).size).toBe(3);
    },
  );

  it('is tried again under the same token while the first try is still under way', async () => {
    const { mock, table, tokens } = mocked();
    const busy = new TransactionInProgressException({ Message: 'busy', message: 'busy', $metadata: {} });
    mock.on(TransactWriteItemsCommand).rejectsOnce(busy).rejectsOnce(busy).resolves({});
    await table.transact([row]);
    expect(tokens()).toHaveLength(3);
    expect(new Set(tokens()).size).toBe(1);
  });

  it('keeps its token when the reply is lost and the SDK asks again', async () => {
    const tokens: unknown[] = [];
    const client = new DynamoDBClient({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
      requestHandler: {
        async handle(request: { body: Uint8Array }) {
          tokens.push(JSON.parse(Buffer.from(request.body).toString()).ClientRequestToken);
          if (tokens.length === 1) throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
          return { response: { statusCode: 200, headers: {}, body: new Blob(['{}']).stream() } };
        },
      } as never,
    });
    await dynamodbTable({ client, table: 'catalog' }).transact([row]);
    expect(tokens).toHaveLength(2);
    expect(tokens[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(tokens[1]).toBe(tokens[0]);
  });

  it('gives up when others write the same rows all the time', async () => {
    const { mock, table } = mocked();
    mock.on(TransactWriteItemsCommand).rejects(cancelled('TransactionConflict'));
    await expect(table.transact([row])).rejects.toMatchObject({ name: 'UnavailableError' });
    expect(mock.calls().length).toBeGreaterThan(5);
  });

  it('says what DynamoDB does not take', async () => {
    const { mock, table } = mocked();
    mock.on(TransactWriteItemsCommand).rejects(cancelled('None', 'ValidationError'));
    await expect(table.transact([row])).rejects.toMatchObject({ name: 'InvalidError' });
  });

  it('of more than 4 MiB is refused before it is sent', async () => {
    const { mock, table } = mocked();
    const large = Array.from({ length: 17 }, (_, i) => ({
      put: { pk: 'p', sk: String(i), data: { text: 'x'.repeat(255 * 1024) } },
    }));
    await expect(table.transact(large)).rejects.toMatchObject({
      name: 'InvalidError',
      message: expect.stringContaining('4194304'),
    });
    expect(mock.calls()).toEqual([]);
  });
});

describe('faults of DynamoDB', () => {
  it.each([
    ['AccessDeniedException', 'BlockedError'],
    ['ThrottlingException', 'UnavailableError'],
    ['InternalServerError', 'UnavailableError'],
    ['ValidationException', 'InvalidError'],
  ])('%s is %s', async (name, ours) => {
    const { mock, table } = mocked();
    mock.onAnyCommand().rejects(Object.assign(new Error('no'), { name }));
    await expect(table.get({ pk: 'p', sk: 's' })).rejects.toMatchObject({ name: ours });
    await expect(table.query('p')).rejects.toMatchObject({ name: ours });
    await expect(table.transact([row])).rejects.toMatchObject({ name: ours });
  });

  it('a table that is not there is no row that is not there', async () => {
    const { mock, table } = mocked();
    mock.onAnyCommand().rejects(new ResourceNotFoundException({ message: 'no table', $metadata: {} }));
    await expect(table.get({ pk: 'p', sk: 's' })).rejects.toMatchObject({ name: 'UnavailableError' });
  });

  it('a row that somebody else wrote is damaged', async () => {
    const { mock, table } = mocked();
    mock.on(GetItemCommand).resolves({ Item: { pk: { S: 'p' }, sk: { S: 's' }, data: { S: '{' } } });
    await expect(table.get({ pk: 'p', sk: 's' })).rejects.toMatchObject({ name: 'CorruptError' });
  });
});

it('answers everything as the table in memory does, across the ends of pages', async () => {
  const keys = fc.constantFrom('a', 'ab', 'b', 'é', '😀', '\uffff', '\u{10ffff}', '\u{10ffff}a');
  const key = fc.record({ pk: fc.constantFrom('p', 'q'), sk: keys });
  const when = fc.option(fc.oneof(fc.constant('absent' as const), fc.integer({ min: 1, max: 3 })), { nil: undefined });
  const put = fc
    .record({ key, n: fc.nat(9), index1: fc.option(key), index2: fc.option(key) })
    .map(({ key: { pk, sk }, n, index1, index2 }) => ({
      put: { pk, sk, data: { n }, ...(index1 && { index1 }), ...(index2 && { index2 }) },
    }));
  const write = fc
    .oneof({ weight: 3, arbitrary: put }, { weight: 1, arbitrary: key.map((at) => ({ delete: at })) })
    .chain((base) => when.map((w) => ({ ...base, ...(w !== undefined && { when: w }) }) as Write));
  const bounds = fc.oneof(keys, fc.constant(''));
  const range = fc.record(
    {
      prefix: bounds,
      from: bounds,
      to: bounds,
      after: bounds,
      reverse: fc.boolean(),
      limit: fc.integer({ min: 1, max: 5 }),
    },
    { requiredKeys: [] },
  );
  const transactions = fc.array(fc.array(write, { maxLength: 6 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(transactions, fc.array(range, { minLength: 1, maxLength: 8 }), async (all, ranges) => {
      const [table, memory] = [onFake(), memoryTable()];
      for (const writes of all) expect(await outcome(table, writes)).toEqual(await outcome(memory, writes));
      for (const each of ranges) expect(await everything(table, each)).toEqual(await everything(memory, each));
    }),
    { numRuns: 150 },
  );
});

const outcome = (table: Table, writes: Write[]) =>
  table.transact(writes).catch((error) => [error.name, error.details.failed]);

async function everything(table: Table, range: KeyRange) {
  const found = [];
  for (const pk of ['p', 'q']) {
    found.push(
      await table.query(pk, range),
      await table.queryIndex(1, pk, range),
      await table.queryIndex(2, pk, range),
    );
  }
  return found;
}
