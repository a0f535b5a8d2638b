import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DescribeContinuousBackupsCommand,
  DescribeKinesisStreamingDestinationCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListBackupsCommand,
  ListExportsCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { type Attributes, holds, type Placeholders, updated } from './fake-dynamodb-expressions.ts';
import { type QueryInput, queryPage } from './fake-dynamodb-query.ts';

/** An item with when and where it was last written; a deletion leaves its mark, as a global table keeps it. */
interface Cell {
  item: Attributes | undefined;
  writtenAt: number;
}

/** One Region's table of a global table, in memory. */
export interface FakeTable {
  client: DynamoDBClient;
  cells: Map<string, Cell>;
  items(): Attributes[];
  /** Writes past every condition, as the replication does. */
  force(item: Attributes): void;
}

/** Called for each request, before it is done; what it throws is the answer. What it returns is called after it was done. */
export type Tap = (request: { region: string; command: string }) => (() => void) | undefined;

/**
 * Tables in some Regions. With `replicate`, what is written in one reaches the others when `deliver` is called, and the last
 * writer wins, each item by itself.
 */
export function fakeDynamodb(regions: readonly string[], { replicate = false } = {}) {
  let now = 0;
  const pending: { to: string; key: string; cell: Cell }[] = [];
  const taps: { tap: Tap } = { tap: () => undefined };
  const tables = new Map<string, FakeTable>();
  for (const region of regions) {
    tables.set(
      region,
      fakeTable(region, {
        tap: (request) => taps.tap(request),
        write(cells, key, item) {
          const cell = { item, writtenAt: ++now };
          cells.set(key, cell);
          if (replicate) for (const to of regions) if (to !== region) pending.push({ to, key, cell });
        },
      }),
    );
  }
  return {
    tables,
    taps,
    pending,
    /** Brings the n-th message that is under way to its Region; without n, all of them in order. */
    deliver(n?: number): void {
      const messages = n === undefined ? pending.splice(0) : pending.splice(n, 1);
      for (const { to, key, cell } of messages) {
        const cells = tables.get(to)?.cells;
        if (cells && (cells.get(key)?.writtenAt ?? 0) < cell.writtenAt) cells.set(key, cell);
      }
    },
    replicas: [...tables].map(([name, { client }]) => ({ name, client, table: 'keys' })),
  };
}

const keyOf = ({ pk, sk }: Attributes): string => JSON.stringify([pk?.S, sk?.S]);

function fakeTable(
  region: string,
  world: { tap: Tap; write(cells: Map<string, Cell>, key: string, item: Attributes | undefined): void },
): FakeTable {
  const client = new DynamoDBClient({ region });
  const mock = mockClient(client);
  const cells = new Map<string, Cell>();
  const at = (key: Attributes = {}): Attributes | undefined => cells.get(keyOf(key))?.item;
  const items = () => [...cells.values()].flatMap(({ item }) => (item ? [item] : []));
  const set = (key: Attributes, item: Attributes | undefined) => {
    if (item !== undefined || at(key) !== undefined) world.write(cells, keyOf(key), item);
  };
  const on = <Input>(command: { name: string }, answer: (input: Input) => unknown) => {
    // The SDK's types of commands and inputs do not go together for all commands at once.
    mock.on(command as never).callsFake(async (input: Input) => {
      const after = world.tap({ region, command: command.name });
      const output = answer(structuredClone(input));
      after?.();
      return structuredClone(output) ?? {};
    });
  };
  type Keyed = { Key: Attributes; ConditionExpression?: string } & Placeholders;
  const assertHolds = ({ Key, ConditionExpression, ...given }: Keyed) => {
    if (!holds(ConditionExpression, at(Key), given))
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
  };
  const update = (input: Keyed & { UpdateExpression: string }) =>
    set(input.Key, updated(at(input.Key) ?? input.Key, input.UpdateExpression, input));

  on<{ Key: Attributes }>(GetItemCommand, ({ Key }) => ({ Item: at(Key) }));
  on<{ Item: Attributes }>(PutItemCommand, ({ Item }) => set(Item, Item));
  on<Keyed>(DeleteItemCommand, (input) => {
    assertHolds(input);
    set(input.Key, undefined);
  });
  on<Keyed & { UpdateExpression: string }>(UpdateItemCommand, (input) => {
    assertHolds(input);
    update(input);
  });
  on<{ RequestItems: Record<string, { Keys: Attributes[] }> }>(BatchGetItemCommand, ({ RequestItems }) => ({
    Responses: Object.fromEntries(
      Object.entries(RequestItems).map(([name, { Keys }]) => [name, Keys.map(at).filter((item) => item !== undefined)]),
    ),
  }));
  on<{ RequestItems: Record<string, { PutRequest?: { Item: Attributes }; DeleteRequest?: { Key: Attributes } }[]> }>(
    BatchWriteItemCommand,
    ({ RequestItems }) => {
      for (const { PutRequest, DeleteRequest } of Object.values(RequestItems).flat()) {
        if (PutRequest) set(PutRequest.Item, PutRequest.Item);
        if (DeleteRequest) set(DeleteRequest.Key, undefined);
      }
    },
  );
  on<{ TransactItems: TransactWriteItem[] }>(TransactWriteItemsCommand, ({ TransactItems }) => {
    const writes = TransactItems.map(({ Put, Update, Delete, ConditionCheck }) => {
      const write = (Put ?? Update ?? Delete ?? ConditionCheck) as Keyed & { Item?: Attributes };
      return { Put, Update, Delete, key: write.Item ?? write.Key, condition: write.ConditionExpression, given: write };
    });
    const codes = writes.map(({ key, condition, given }) =>
      holds(condition, at(key), given) ? { Code: 'None' } : { Code: 'ConditionalCheckFailed' },
    );
    if (codes.some(({ Code }) => Code !== 'None')) {
      throw new TransactionCanceledException({ message: 'cancelled', CancellationReasons: codes, $metadata: {} });
    }
    for (const { Put, Update, Delete, key } of writes) {
      if (Put) set(key, Put.Item as Attributes);
      if (Update) update(Update as Keyed & { UpdateExpression: string });
      if (Delete) set(key, undefined);
    }
  });
  on<QueryInput>(QueryCommand, (input) => queryPage(items(), input));
  on<{ FilterExpression: string; Segment: number; Select?: string } & Placeholders>(
    ScanCommand,
    ({ FilterExpression, Segment, Select, ...given }) => {
      const found = Segment === 0 ? items().filter((item) => holds(FilterExpression, item, given)) : [];
      return Select === 'COUNT' ? { Count: found.length } : { Items: found };
    },
  );
  on<object>(DescribeTableCommand, () => ({ Table: { TableStatus: 'ACTIVE' } }));
  const nothing = [
    DescribeContinuousBackupsCommand,
    DescribeKinesisStreamingDestinationCommand,
    ListBackupsCommand,
    ListExportsCommand,
  ];
  for (const command of nothing) on<object>(command, () => ({}));
  return { client, cells, items, force: (item) => cells.set(keyOf(item), { item, writtenAt: 0 }) };
}
