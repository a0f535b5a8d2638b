import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { addHours } from '../domain/calendar.ts';
import type { Actor } from '../domain/case-events.ts';
import { BlockedError, ConflictError, InvalidError, NotFoundError } from '../domain/errors.ts';
import { eventTypes, rotated, type Webhook, type WebhookDelivery, webhookDead } from '../domain/webhook.ts';
import { type Stored, tenants, webhookDeliveries, webhooks } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { settleAlert } from './raise-alert.ts';
import { requireTenant } from './tenant-fields.ts';

/** Each event is a row per subscriber in one transaction with what happened: there is no room for many. */
const mostWebhooks = 20;

/** A subscriber as it may be shown. */
export type ShownWebhook = Omit<Webhook, 'secret' | 'previous'>;

/** The same with the secret that it has from now on. */
export type MadeWebhook = ShownWebhook & { secret: string };

/** A secret that was replaced signs as well for so many hours more, as Standard Webhooks and Stripe have it. */
const graceHours = 24;

const createInput = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .max(2000)
    // Readers of addresses take such signs away, each in its own way.
    .refine((url) => !/[\s\p{Cc}]/u.test(url), { error: 'holds blanks or control characters' }),
  types: z.array(z.enum([...eventTypes, 'case.*'])).min(1),
  tenant: z.string().exactOptional(),
  actor: actorInput,
});

/** Subscribes an address. The secret that its messages are signed with is shown this once (Standard Webhooks, 24 to 64 bytes). */
export const createWebhook = useCase(createInput, async (deps, { actor, ...fields }): Promise<Webhook> => {
  const tenant = fields.tenant === undefined ? undefined : (await requireTenant(deps, fields.tenant)).value;
  if (tenant?.status === 'erased') {
    throw new BlockedError(`tenant ${tenant.id} was erased`, { hint: 'Nothing happens to it any more.' });
  }
  if ((await webhooks.list(deps.table, 'WEBHOOKS')).length >= mostWebhooks) {
    throw new ConflictError(`there are ${mostWebhooks} webhooks already`, { hint: 'Remove one that nobody needs.' });
  }
  const refusal = deps.refusesTarget(fields.url);
  if (refusal !== undefined) {
    const message = `${fields.url} cannot be a webhook: ${refusal}`;
    throw new InvalidError(message, { fields: [{ path: ['url'], message }] });
  }
  const webhook: Webhook = {
    ...fields,
    id: `wh-${deps.random(5).toString('hex')}`,
    secret: drawSecret(deps),
    createdAt: deps.clock.now(),
    status: 'active',
  };
  await appendLedger(deps, { type: 'webhook-created', actor, subjects: [webhook.id] }, [
    webhooks.write(webhook, 'absent'),
  ]);
  return webhook;
});

const rotateInput = z.strictObject({
  id: z.string(),
  /** Whether the old secret may be known to others: it signs nothing any more. */
  leaked: z.boolean().default(false),
  actor: actorInput,
});

/**
 * Gives a subscriber a new secret, shown this once. For 24 hours messages carry the signatures of both, so that the receiver
 * takes over the new one at its own time. @throws NotFoundError
 */
export const rotateWebhook = useCase(rotateInput, async (deps, { id, leaked, actor }): Promise<MadeWebhook> => {
  const { value, version } = await requireWebhook(deps, id);
  const until = addHours(new Date(deps.clock.wall()).toISOString(), graceHours);
  const webhook = rotated(value, drawSecret(deps), leaked ? undefined : until);
  await appendLedger(deps, { type: 'webhook-rotated', actor, subjects: [id] }, [webhooks.write(webhook, version)]);
  return { ...shown(webhook), secret: webhook.secret };
});

function drawSecret(deps: Deps): string {
  return `whsec_${deps.random(32).toString('base64')}`;
}

function shown({ secret: _, previous: __, ...rest }: Webhook): ShownWebhook {
  return rest;
}

/** All subscribers, by id. */
export const listWebhooks = useCase(
  z.strictObject({}),
  async (deps): Promise<ShownWebhook[]> =>
    (await webhooks.list(deps.table, 'WEBHOOKS')).map(({ value }) => shown(value)),
);

/** One subscriber. @throws NotFoundError */
export const showWebhook = useCase(
  z.strictObject({ id: z.string() }),
  async (deps, { id }): Promise<ShownWebhook> => shown((await requireWebhook(deps, id)).value),
);

const idInput = z.strictObject({ id: z.string(), actor: actorInput });

/** Ends a subscription; what is still on its way is given up. */
export const removeWebhook = useCase(idInput, async (deps, { id, actor }) => {
  await end(deps, await requireWebhook(deps, id), actor);
  return { id };
});

/**
 * Ends subscriptions to a tenant that was erased: their address may name its people. Not before the last message has arrived or is
 * given up, so that whoever follows the tenant hears of the end.
 */
export async function endWithTenants(deps: Deps): Promise<void> {
  for (const webhook of await webhooks.list(deps.table, webhooks.key('').pk)) {
    const { id, tenant } = webhook.value;
    if (tenant === undefined || (await tenants.read(deps.table, tenant))?.value.status !== 'erased') continue;
    // The event of the close is in one transaction with it, so none comes after this look.
    if ((await deliveriesTo(deps, id)).some(({ value }) => value.status === 'waiting')) continue;
    try {
      await end(deps, webhook, 'system');
    } catch (error) {
      // Another process was faster.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

async function end(deps: Deps, { value: { id }, version }: Stored<Webhook>, actor: Actor | 'system'): Promise<void> {
  await appendLedger(deps, { type: 'webhook-removed', actor, subjects: [id] }, [
    { delete: webhooks.key(id), when: version },
  ]);
  // Before its dead letters go: should a crash leave both, their end after 30 days closes the alert.
  await settleAlert(deps, webhookDead, id, 'the subscription has ended');
  for (const { value } of await deliveriesTo(deps, id)) {
    await deps.table.transact([webhookDeliveries.remove(id, value.id)]);
  }
}

/** Everything that is kept for a target, whatever became of it. */
export async function deliveriesTo(deps: Deps, id: string): Promise<Stored<WebhookDelivery>[]> {
  return await webhookDeliveries.list(deps.table, webhookDeliveries.key(id, '').pk);
}

/** What could not be delivered, the oldest first. */
export const listDeadDeliveries = useCase(
  z.strictObject({}),
  async (deps): Promise<WebhookDelivery[]> =>
    (await webhookDeliveries.all(deps.table, { prefix: 'dead#' })).map(({ value }) => value),
);

const deliveriesInput = z.strictObject({
  target: z.string(),
  /** Only what comes behind this id. */
  after: z.string().exactOptional(),
  limit: z.int().min(1),
});

/** What is and was sent to a subscriber, to a callback of OpenDSR or to the event bus, by id. @throws NotFoundError */
export const listDeliveries = useCase(
  deliveriesInput,
  async (deps, { target, ...page }): Promise<WebhookDelivery[]> => {
    if (target.startsWith('wh-')) await requireWebhook(deps, target);
    return (await webhookDeliveries.list(deps.table, webhookDeliveries.key(target, '').pk, page)).map(
      ({ value }) => value,
    );
  },
);

/** One delivery. @throws NotFoundError */
export const showDelivery = useCase(
  z.strictObject({ target: z.string(), id: z.string() }),
  async (deps, { target, id }): Promise<WebhookDelivery> => (await requireDelivery(deps, target, id)).value,
);

/** Sends a delivery again, to a subscriber or a callback of OpenDSR, whatever became of it. A subscriber sees the same id. */
export const redeliver = useCase(
  z.strictObject({ target: z.string(), id: z.string() }),
  async (deps, { target, id }): Promise<WebhookDelivery> => {
    if (target.startsWith('wh-')) await requireWebhook(deps, target);
    const stored = await requireDelivery(deps, target, id);
    const { failingSince: _, ...delivery } = stored.value;
    const nextAt = new Date(deps.clock.wall()).toISOString();
    const again: WebhookDelivery = { ...delivery, status: 'waiting', attempts: 0, nextAt };
    await deps.table.transact([webhookDeliveries.write(again, stored.version)]);
    return again;
  },
);

async function requireWebhook(deps: Deps, id: string): Promise<Stored<Webhook>> {
  const stored = await webhooks.read(deps.table, id);
  if (stored === undefined)
    throw new NotFoundError(`there is no webhook ${id}`, { hint: 'The list shows all of them.' });
  return stored;
}

async function requireDelivery(deps: Deps, webhook: string, id: string): Promise<Stored<WebhookDelivery>> {
  const stored = await webhookDeliveries.read(deps.table, webhook, id);
  if (stored === undefined) throw new NotFoundError(`there is no delivery ${id} to ${webhook}`);
  return stored;
}
