import type { Deps } from '../deps.ts';
import { type EventType, eventBus, type OutgoingEvent, type WebhookDelivery, wants } from '../domain/webhook.ts';
import type { Write } from '../ports/table.ts';
import { webhookDeliveries, webhooks } from '../records.ts';

/**
 * Writes that put an event on its way to everybody who wants it, for the transaction of what happened: either both are on record
 * or neither. Cheap where nobody listens.
 */
export async function eventWrites(
  deps: Deps,
  type: EventType,
  { tenant, data }: Pick<OutgoingEvent, 'tenant' | 'data'>,
): Promise<Write[]> {
  const event: OutgoingEvent = { type, at: deps.clock.now(), data, ...(tenant === undefined ? {} : { tenant }) };
  const all = (await webhooks.list(deps.table, 'WEBHOOKS')).map(({ value }) => value);
  const targets = all.filter((webhook) => wants(webhook, event)).map(({ id }) => id);
  return [...targets, ...(deps.publish === undefined ? [] : [eventBus])].map((target) =>
    webhookDeliveries.write(deliveryOf(deps, target, event)),
  );
}

/** An event that waits to be sent to a target at once. */
export function deliveryOf(deps: Deps, target: string, event: OutgoingEvent): WebhookDelivery {
  return {
    id: `msg_${deps.random(12).toString('hex')}`,
    target,
    event,
    status: 'waiting',
    attempts: 0,
    nextAt: new Date(deps.clock.wall()).toISOString(),
  };
}
