import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { putEvent } from '../../src/adapters/aws/event-bus.ts';

const bus = mockClient(EventBridgeClient);
const client = new EventBridgeClient({ region: 'eu-west-1' });
const event = {
  id: 'msg_0123',
  type: 'case.opened',
  tenant: 'acme',
  at: '2026-11-29T10:00:00.000Z',
  data: { case: 'c-0123456789', status: 'opened' },
} as const;

beforeEach(() => bus.reset());

test('an event goes onto the bus under the name of its stage, as webhooks tell it', async () => {
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: 'e-1' }] });
  expect(await putEvent(client, 'prod', event)).toBe(200);
  const [entry] = bus.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries ?? [];
  expect(entry).toMatchObject({ Source: 'tenure.prod', DetailType: 'case.opened' });
  expect(JSON.parse(entry?.Detail ?? '')).toEqual({
    ...{ id: 'msg_0123', at: event.at, tenant: 'acme', case: 'c-0123456789', status: 'opened' },
  });
});

test('what the bus does not take is told as a fault, whether it refuses the entry or the request', async () => {
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] });
  expect(await putEvent(client, 'prod', event)).toBe('InternalFailure');
  bus
    .on(PutEventsCommand)
    .rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } }));
  expect(await putEvent(client, 'prod', event)).toBe('AccessDeniedException');
});
