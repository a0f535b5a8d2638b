import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { expect, inject, onTestFinished, test } from 'vitest';
import { type FaultKind, fateOf, faultKinds, faultProxy } from './fault-proxy.ts';

/** A proxy in front of ministack, and the configuration of a client that goes through it and tries once. */
async function disturbed(rate: number) {
  const proxy = await faultProxy({ target: inject('ministack'), rate, seed: 'proxy' });
  onTestFinished(proxy.close);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { proxy, place: { endpoint: proxy.url, region: 'us-east-1', credentials, maxAttempts: 1 } };
}

test('undisturbed, everything passes as it is, and is counted by operation', async () => {
  const { proxy, place } = await disturbed(0);
  const s3 = new S3Client({ ...place, forcePathStyle: true });
  const Bucket = `proxy-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  const body = Buffer.alloc(3_000_000, 'x');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a b+é', Body: body }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a b+é', Range: 'bytes=5-9' }));
  expect(await Body?.transformToString()).toBe('xxxxx');
  await new SFNClient(place).send(new ListStateMachinesCommand({}));
  expect(Object.fromEntries(proxy.counts())).toEqual({
    ...{ 'S3.PutBucket': 1, 'S3.PutObject': 1, 'S3.GetObject': 1, 'StepFunctions.ListStateMachines': 1 },
  });
});

test('a client sees the errors that its service has, and lost replies are carried out', async () => {
  const { proxy, place } = await disturbed(0);
  const s3 = new S3Client({ ...place, forcePathStyle: true });
  const Bucket = `proxy-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  const db = new DynamoDBClient(place);
  const TableName = `proxy-${randomUUID()}`;
  await db.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  );
  proxy.disturb(1);
  const seen = new Set<string>();
  const written: string[] = [];
  for (let n = 0; n < 40; n++) {
    const before = proxy.faults();
    for (const call of [
      () => s3.send(new PutObjectCommand({ Bucket, Key: `k${n}`, Body: 'x' })),
      () => db.send(new PutItemCommand({ TableName, Item: { pk: { S: `k${n}` } } })),
      () =>
        new SESClient(place).send(new SendEmailCommand({ Source: 'a@b.example', Destination: {}, Message: undefined })),
    ]) {
      const error = await call().then(
        () => expect.fail('no fault'),
        (fault: Error) => fault,
      );
      seen.add(error.name);
    }
    const now = proxy.faults();
    for (const kind of ['lost-reply', 'failed-reply'] as const)
      if (now.get(kind) !== before.get(kind)) written.push(kind);
  }
  expect([...seen]).toEqual(
    expect.arrayContaining([
      'SlowDown',
      'InternalError',
      'ProvisionedThroughputExceededException',
      'InternalServerError',
      'Throttling',
    ]),
  );
  expect(new Set(written).size).toBe(2);
  proxy.disturb(0);
  const there = async (n: number) => [
    await s3.send(new HeadObjectCommand({ Bucket, Key: `k${n}` })).then(
      () => true,
      () => false,
    ),
    (await db.send(new GetItemCommand({ TableName, Key: { pk: { S: `k${n}` } } }))).Item !== undefined,
  ];
  const found = (await Promise.all(Array.from({ length: 40 }, async (_, n) => await there(n)))).flat();
  expect(found).toContain(true);
  expect(found).toContain(false);
});

test('as many requests are disturbed as the rate says, every kind, the same with the same seed', () => {
  const fates = (seed: string) => Array.from({ length: 20_000 }, (_, n) => fateOf(`${seed}/${n}`, 0.05));
  const one = fates('a').filter((fate): fate is FaultKind => fate !== undefined);
  expect(one.length / 20_000).toBeCloseTo(0.05, 2);
  expect(new Set(one)).toEqual(new Set(faultKinds));
  expect(fates('a')).toEqual(fates('a'));
  expect(fates('b')).not.toEqual(fates('a'));
});
