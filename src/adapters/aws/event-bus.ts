import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { OutgoingEvent } from '../../domain/webhook.ts';
import { awsFault } from './aws-faults.ts';

/**
 * Puts an event on the account's own bus, for rules of others: source `tenure.<stage>`, detail type as webhooks have it. What
 * EventBridge refuses is answered like the fault of a receiver, and tried again.
 */
export async function putEvent(
  client: EventBridgeClient,
  stage: string,
  { id, type, at, tenant, data }: OutgoingEvent & { id: string },
): Promise<number | string> {
  const detail = { id, at, ...(tenant === undefined ? {} : { tenant }), ...data };
  try {
    const { Entries } = await client.send(
      new PutEventsCommand({
        Entries: [{ Source: `tenure.${stage}`, DetailType: type, Detail: JSON.stringify(detail), Time: new Date() }],
      }),
    );
    // A request that is taken may still have entries that are not.
    return Entries?.[0]?.ErrorCode ?? 200;
  } catch (error) {
    return awsFault(error).name;
  }
}
