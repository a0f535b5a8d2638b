import { Webhook as Signer } from 'standardwebhooks';
import type { Deps } from '../deps.ts';
import { caseOfTarget, signingSecrets, type WebhookDelivery } from '../domain/webhook.ts';
import { webhooks } from '../records.ts';
import { callbackMessage } from './opendsr-callbacks.ts';

/** A delivery as it goes out; or why it cannot: a status that the receiver would have answered, or a fault in a word. */
export type OutgoingMessage =
  | { url: string; headers: Record<string, string>; body: string }
  | { fault: number | string };

/** The message of a delivery, signed anew for each try. */
export async function messageOf(deps: Deps, delivery: WebhookDelivery): Promise<OutgoingMessage> {
  const caseId = caseOfTarget(delivery.target);
  return caseId === undefined ? await toSubscriber(deps, delivery) : await callbackMessage(deps, caseId, delivery);
}

/** Signed with each secret of the subscriber that holds (Standard Webhooks, "Signature scheme": signatures are parted by blanks). */
async function toSubscriber(deps: Deps, { id, target, event }: WebhookDelivery): Promise<OutgoingMessage> {
  const webhook = (await webhooks.read(deps.table, target))?.value;
  if (webhook === undefined) return { fault: 410 };
  const { type, at, tenant, data } = event;
  const body = JSON.stringify({ type, timestamp: at, data: { ...(tenant === undefined ? {} : { tenant }), ...data } });
  const sentAt = new Date(deps.clock.wall());
  const signatures = signingSecrets(webhook, sentAt.toISOString()).map((key) => new Signer(key).sign(id, sentAt, body));
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  };
  return { url: webhook.url, headers, body };
}
