import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import { ConflictError } from '../domain/errors.ts';
import {
  addressOf,
  afterFailureOf,
  afterTry,
  caseOfTarget,
  eventBus,
  type WebhookDelivery,
  webhookDead,
} from '../domain/webhook.ts';
import type { Write } from '../ports/table.ts';
import { deliveryKey, type Stored, webhookDeliveries } from '../records.ts';
import { useCase } from '../use-case.ts';
import { forgetController } from './forget-callers.ts';
import { messageOf } from './outgoing-message.ts';
import { isAlertOpen, raiseAlert, settleAlert } from './raise-alert.ts';
import { deliveriesTo, endWithTenants } from './webhooks.ts';

/** Deliveries of one look. */
const mostAtOnce = 100;

/** Deliveries to one address in one call: more would not be sent in its time. */
const mostToOne = 1000;

/** A receiver has this long to answer, in milliseconds (Standard Webhooks recommends 15 to 30 s). */
const timeoutMs = 15_000;

/** A call begins no try after so long, in milliseconds: only the next one sees what has come meanwhile for others. */
const longestMs = 30_000;

/** Days for which a delivery that has arrived, or is dead, can still be sent again. */
const keptDays = 30;

/** While one process sends, another does not: for so long the delivery is not due, in milliseconds. */
const sendingMs = 60_000;

/** Why an alert is closed that was raised for what an operator has removed, or sends again, at this moment. */
const goneMeanwhile = 'nothing is left undelivered';

type Counts = Record<'delivered' | 'failed' | 'dead', number>;

/**
 * Sends what is due: to subscribers and to callbacks of OpenDSR, each signed in its own way, and to the event bus. A delivery is
 * claimed before it is sent, so two processes do not send it at once; one that dies in between leaves it to be sent again, under
 * the same id. All addresses are served side by side, however much waits for one of them. One that fails is left alone until the
 * next call, which begins with another of its deliveries: what has failed comes later again.
 */
export const deliverWebhooks = useCase(z.looseObject({}), async (deps) => {
  const counts: Counts = { delivered: 0, failed: 0, dead: 0 };
  const until = deps.clock.wall() + longestMs;
  const goOn = (): boolean => deps.timeLeft() > timeoutMs && deps.clock.wall() < until;
  const due = await dueByAddress(deps, goOn);
  const ends = await Promise.allSettled([...due.values()].map(async (each) => await sendTo(deps, each, counts, goOn)));
  await forgetOld(deps, 'delivered');
  await forgetOld(deps, 'dead');
  await endWithTenants(deps);
  // Only now: a fault on the way to one address is no other's.
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return { outcome: 'done' as const, ...counts };
});

/** All that is due now, the earliest first. Read to its end: what waits for a dead address would hide the others. */
async function dueByAddress(deps: Deps, goOn: () => boolean): Promise<Map<string, Stored<WebhookDelivery>[]>> {
  const to = `waiting#${new Date(deps.clock.wall()).toISOString()}~`;
  const due = new Map<string, Stored<WebhookDelivery>[]>();
  for (let after = 'waiting#'; ; ) {
    const look = await webhookDeliveries.all(deps.table, { after, to, limit: mostAtOnce });
    for (const stored of look) {
      const address = addressOf(stored.value);
      const known = due.get(address) ?? [];
      if (known.length < mostToOne) known.push(stored);
      due.set(address, known);
    }
    const last = look.at(-1);
    if (last === undefined || look.length < mostAtOnce || !goOn()) return due;
    after = deliveryKey(last.value);
  }
}

/** Sends to one address, one after the other, until something fails. */
async function sendTo(
  deps: Deps,
  due: readonly Stored<WebhookDelivery>[],
  counts: Counts,
  goOn: () => boolean,
): Promise<void> {
  const reached = new Set<string>();
  for (const [index, { value }] of due.entries()) {
    if (!goOn()) break;
    const after = await tryOnce(deps, value);
    if (after === undefined) continue;
    counts[after.status === 'waiting' ? 'failed' : after.status] += 1;
    if (after.status === 'delivered') reached.add(after.target);
    // 410 is an answer about this message: nobody wants it any more.
    if (after.status === 'delivered' || after.last === 'HTTP 410') continue;
    counts.dead += await tellRest(deps, after, due.slice(index + 1), goOn);
    break;
  }
  for (const target of reached) await settleDead(deps, target, 'everything was delivered');
}

/** What waits for an address that has failed: its time begins or, after three days, is over. Answers how many have ended. */
async function tellRest(
  deps: Deps,
  failed: WebhookDelivery,
  rest: readonly Stored<WebhookDelivery>[],
  goOn: () => boolean,
): Promise<number> {
  // One alert for all dead letters of a target, since it counts up by what is told it. One address may have several targets.
  const told = new Set<string>();
  const taken = new Set<string>();
  let dead = 0;
  for (const { value, version } of rest) {
    const after = afterFailureOf(failed, value, deps.clock.wall());
    if (after === undefined || !goOn()) continue;
    if (after.status === 'dead' && !told.has(after.target)) {
      await tellDead(deps, after);
      told.add(after.target);
    }
    const isKept = await isStored(deps, webhookDeliveries.write(after, version));
    if (after.status !== 'dead') continue;
    if (!isKept) {
      taken.add(after.target);
      continue;
    }
    dead += 1;
    await toldAll(deps, after);
  }
  for (const target of taken) await settleDead(deps, target, goneMeanwhile);
  return dead;
}

/** The delivery after one try; `undefined` when another process has it. */
async function tryOnce(deps: Deps, value: WebhookDelivery): Promise<WebhookDelivery | undefined> {
  const claimed = await claim(deps, value);
  if (claimed === undefined) return undefined;
  const after = afterTry(claimed.value, await send(deps, claimed.value), deps.clock.wall());
  if (after.status === 'dead') await tellDead(deps, after);
  // Removed or sent again by an operator meanwhile: that stands, and what came of this try counts for the address alone.
  if (!(await isStored(deps, webhookDeliveries.write(after, claimed.version)))) {
    if (after.status === 'dead') await settleDead(deps, after.target, goneMeanwhile);
    return after;
  }
  if (after.status !== 'waiting') await toldAll(deps, after);
  return after;
}

async function claim(deps: Deps, { target, id }: WebhookDelivery): Promise<Stored<WebhookDelivery> | undefined> {
  const stored = await webhookDeliveries.read(deps.table, target, id);
  const now = deps.clock.wall();
  if (stored?.value.status !== 'waiting' || Date.parse(stored.value.nextAt) > now) return undefined;
  const held: WebhookDelivery = { ...stored.value, nextAt: new Date(now + sendingMs).toISOString() };
  if (!(await isStored(deps, webhookDeliveries.write(held, stored.version)))) return undefined;
  return { value: held, version: stored.version + 1 };
}

/** Writes under a condition; false when somebody else has changed the row. */
async function isStored(deps: Deps, write: Write): Promise<boolean> {
  try {
    await deps.table.transact([write]);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

async function send(deps: Deps, delivery: WebhookDelivery): Promise<number | string> {
  if (delivery.target === eventBus) return (await deps.publish?.({ ...delivery.event, id: delivery.id })) ?? 410;
  const message = await messageOf(deps, delivery);
  if ('fault' in message) return message.fault;
  const { url, headers, body } = message;
  return await deps.post(url, { headers: { 'content-type': 'application/json', ...headers }, body, timeoutMs });
}

/** Before the delivery is stored as dead: nobody would be told of it by a process that dies in between. A second time only counts. */
async function tellDead(deps: Deps, { id, target, last }: WebhookDelivery): Promise<void> {
  await raiseAlert(deps, {
    kind: webhookDead,
    subject: target,
    message: `The message ${id} could not be delivered to ${target}: ${last}. It can be sent again once the receiver works.`,
  });
}

/**
 * Closes the alert once nothing to this target is dead any more, but for what is about to go. By the rows themselves: the index of
 * dead letters may lag.
 */
async function settleDead(deps: Deps, target: string, cause: string, going = new Set<string>()): Promise<void> {
  if (!(await isAlertOpen(deps, webhookDead, target))) return;
  const rows = await deliveriesTo(deps, target);
  if (rows.some(({ value }) => value.status === 'dead' && !going.has(value.id))) return;
  await settleAlert(deps, webhookDead, target, cause);
}

async function forgetOld(deps: Deps, status: 'delivered' | 'dead'): Promise<void> {
  const before = addDays(new Date(deps.clock.wall()).toISOString(), -keptDays);
  const old = await webhookDeliveries.all(deps.table, {
    from: `${status}#`,
    to: `${status}#${before}`,
    limit: mostAtOnce,
  });
  if (status === 'dead') {
    const cause = `what was not delivered was forgotten after ${keptDays} days`;
    // First: what is gone tells no later call whose alert is to be closed.
    for (const [target, of] of Map.groupBy(old, ({ value }) => value.target))
      await settleDead(deps, target, cause, new Set(of.map(({ value }) => value.id)));
  }
  for (const { value, version } of old) {
    // Once more: a process may have died after its last delivery.
    await toldAll(deps, value);
    await isStored(deps, { delete: webhookDeliveries.key(value.target, value.id), when: version });
  }
}

async function toldAll(deps: Deps, { target }: WebhookDelivery): Promise<void> {
  const caseId = caseOfTarget(target);
  if (caseId !== undefined) await forgetController(deps, caseId);
}
