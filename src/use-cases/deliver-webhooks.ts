import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import { ConflictError } from '../domain/errors.ts';
import { afterTry, caseOfTarget, eventBus, type WebhookDelivery, webhookDead } from '../domain/webhook.ts';
import { webhookDeliveries } from '../records.ts';
import { useCase } from '../use-case.ts';
import { forgetController } from './forget-callers.ts';
import { messageOf } from './outgoing-message.ts';
import { raiseAlert, settleAlert } from './raise-alert.ts';

/** Deliveries of one look. */
const mostAtOnce = 100;

/** A receiver has this long to answer, in milliseconds (Standard Webhooks recommends 15 to 30 s). */
const timeoutMs = 15_000;

/** Days for which a delivery that arrived can still be sent again. */
const keptDays = 30;

/** While one process sends, another does not: for so long the delivery is not due, in milliseconds. */
const sendingMs = 60_000;

/**
 * Sends what is due: to subscribers and to callbacks of OpenDSR, each signed in its own way, and to the event bus. A delivery is
 * claimed before it is sent, so two processes do not send it at once; one that dies in between leaves it to be sent again, under
 * the same id. One address does not wait for another, and one that fails is left alone until the next call.
 */
export const deliverWebhooks = useCase(z.looseObject({}), async (deps) => {
  const counts = { delivered: 0, failed: 0, dead: 0 };
  for (;;) {
    const before = counts.delivered;
    const due = await sendDue(deps, counts);
    // What has failed waits; a look that delivers nothing is the last.
    const goOn = due === mostAtOnce && counts.delivered > before && deps.timeLeft() > timeoutMs;
    if (!goOn) break;
  }
  await forgetOld(deps);
  return { outcome: 'done' as const, ...counts };
});

/** Tries what is due now, each address by itself; answers how many that were. */
async function sendDue(deps: Deps, counts: Record<'delivered' | 'failed' | 'dead', number>): Promise<number> {
  const now = new Date(deps.clock.wall()).toISOString();
  const due = await webhookDeliveries.all(deps.table, { from: 'waiting#', to: `waiting#${now}~`, limit: mostAtOnce });
  // A request by OpenDSR may name several addresses.
  const byAddress = Map.groupBy(due, ({ value: { target, event } }) => `${target} ${event.data.url ?? ''}`);
  const each = async (deliveries: readonly { value: WebhookDelivery }[]): Promise<void> => {
    for (const { value } of deliveries) {
      if (deps.timeLeft() <= timeoutMs) return;
      const after = await tryOnce(deps, value);
      if (after === undefined) continue;
      counts[after.status === 'waiting' ? 'failed' : after.status] += 1;
      if (after.status !== 'delivered') return;
    }
  };
  await Promise.all([...byAddress.values()].map(each));
  return due.length;
}

/** The delivery after one try; `undefined` when another process has it. */
async function tryOnce(deps: Deps, value: WebhookDelivery): Promise<WebhookDelivery | undefined> {
  const claimed = await claim(deps, value);
  if (claimed === undefined) return undefined;
  const after = afterTry(claimed.value, await send(deps, claimed.value), deps.clock.wall());
  await deps.table.transact([webhookDeliveries.write(after, claimed.version)]);
  if (after.status === 'dead') await tellDead(deps, after);
  if (after.status === 'delivered') await settleDead(deps, after.target);
  if (after.status !== 'waiting') await toldAll(deps, after);
  return after;
}

async function claim(deps: Deps, { target, id }: WebhookDelivery) {
  const stored = await webhookDeliveries.read(deps.table, target, id);
  const now = deps.clock.wall();
  if (stored?.value.status !== 'waiting' || Date.parse(stored.value.nextAt) > now) return undefined;
  const held: WebhookDelivery = { ...stored.value, nextAt: new Date(now + sendingMs).toISOString() };
  try {
    await deps.table.transact([webhookDeliveries.write(held, stored.version)]);
  } catch (error) {
    if (error instanceof ConflictError) return undefined;
    throw error;
  }
  return { value: held, version: stored.version + 1 };
}

async function send(deps: Deps, delivery: WebhookDelivery): Promise<number | string> {
  if (delivery.target === eventBus) return (await deps.publish?.({ ...delivery.event, id: delivery.id })) ?? 410;
  const message = await messageOf(deps, delivery);
  if ('fault' in message) return message.fault;
  const { url, headers, body } = message;
  return await deps.post(url, { headers: { 'content-type': 'application/json', ...headers }, body, timeoutMs });
}

async function tellDead(deps: Deps, { id, target, last }: WebhookDelivery): Promise<void> {
  await raiseAlert(deps, {
    kind: webhookDead,
    subject: target,
    message: `The message ${id} could not be delivered to ${target}: ${last}. It can be sent again once the receiver works.`,
  });
}

/** Closes the alert once nothing to this target is dead any more. */
async function settleDead(deps: Deps, target: string): Promise<void> {
  const dead = await webhookDeliveries.all(deps.table, { prefix: 'dead#' });
  if (dead.some(({ value }) => value.target === target)) return;
  await settleAlert(deps, webhookDead, target, 'everything was delivered');
}

async function forgetOld(deps: Deps): Promise<void> {
  const before = addDays(new Date(deps.clock.wall()).toISOString(), -keptDays);
  const old = await webhookDeliveries.all(deps.table, {
    from: 'delivered#',
    to: `delivered#${before}`,
    limit: mostAtOnce,
  });
  for (const { value } of old) {
    // Once more: a process may have died after its last delivery.
    await toldAll(deps, value);
    await deps.table.transact([webhookDeliveries.remove(value.target, value.id)]);
  }
}

async function toldAll(deps: Deps, { target }: WebhookDelivery): Promise<void> {
  const caseId = caseOfTarget(target);
  if (caseId !== undefined) await forgetController(deps, caseId);
}
