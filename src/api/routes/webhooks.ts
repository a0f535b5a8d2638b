import { z } from '@hono/zod-openapi';
import { eventTypes } from '../../domain/webhook.ts';
import { nameField } from '../../use-cases/tenant-fields.ts';
import {
  createWebhook,
  listDeadDeliveries,
  listDeliveries,
  listWebhooks,
  redeliver,
  removeWebhook,
  rotateWebhook,
  showDelivery,
  showWebhook,
} from '../../use-cases/webhooks.ts';
import type { Api } from '../api.ts';
import { actorOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { neverKept } from '../idempotency.ts';
import { json } from '../json.ts';
import { pageFrom, pageOf, pageQuery, pageSchema } from '../pages.ts';

const operators = ['operator'] as const;
const access = { scopes: operators };

const webhookSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    types: z.array(z.string()),
    tenant: z.string().optional(),
    createdAt: z.string(),
    status: z.enum(['active', 'paused']),
  })
  .openapi('Webhook');

const madeSchema = webhookSchema.extend({
  secret: z.string().openapi({ description: 'Signs every message (Standard Webhooks); shown this once' }),
});

const deliverySchema = z
  .object({
    id: z.string(),
    webhook: z.string().openapi({
      description: 'Whom it is for: a subscriber, the callbacks of a request by OpenDSR (`od-…`), or the event bus',
    }),
    type: z.string(),
    at: z.string(),
    status: z.enum(['waiting', 'delivered', 'dead']),
    attempts: z.int(),
    last: z.string().optional(),
  })
  .openapi('WebhookDelivery');

const newWebhook = z.strictObject({
  url: z.string().min(1).max(2000).openapi({ format: 'uri', example: 'https://example.com/hooks/tenure' }),
  types: z.array(z.enum([...eventTypes, 'case.*'])).min(1),
  tenant: nameField.optional(),
});

const rotation = z.strictObject({
  leaked: z
    .boolean()
    .optional()
    .openapi({ description: 'The old secret signs nothing any more; otherwise it signs as well for 24 hours' }),
});

const webhookParam = z.object({ webhook: z.string().regex(/^wh-[0-9a-f]{10}$/, { error: 'is no id of a webhook' }) });
const targetParam = z.object({
  webhook: z
    .string()
    .regex(/^(?:(?:wh|od)-[0-9a-f]{10}|event-bus)$/, { error: 'is no id of a webhook or of callbacks' }),
});
const deliveryParam = targetParam.extend({
  delivery: z.string().regex(/^msg_[0-9a-f]{24}$/, { error: 'is no id of a delivery' }),
});

/** Who is told when something happens. */
export function defineWebhooks(app: Api): void {
  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/webhooks',
      tags: ['Webhooks'],
      summary: 'Subscribers, by id',
      request: { query: pageQuery },
      responses: { 200: json(pageSchema(webhookSchema), 'A page of subscribers') },
    },
    async (c) => {
      const all = await listWebhooks.typed(c.get('deps'), {});
      const { items, next } = pageOf(all, c.req.valid('query'), ({ id }) => id);
      return c.json({ items, ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'post',
      path: '/v1/webhooks',
      tags: ['Webhooks'],
      summary: 'Subscribe an address; private ones are refused',
      request: { body: { required: true, ...json(newWebhook, 'Where to, and what is wanted') } },
      responses: { 201: json(madeSchema, 'The subscriber, with its secret') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      const made = await createWebhook(c.get('deps'))({ ...c.req.valid('json'), actor });
      return c.json(made, 201, { [neverKept]: 'true', location: `/v1/webhooks/${made.id}` });
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'delete',
      path: '/v1/webhooks/{webhook}',
      tags: ['Webhooks'],
      summary: 'End a subscription; what is on its way is given up',
      request: { params: webhookParam },
      responses: { 200: json(z.object({ id: z.string() }), 'It is gone') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      return c.json(await removeWebhook.typed(c.get('deps'), { id: c.req.valid('param').webhook, actor }), 200);
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/webhooks/dead-letters',
      tags: ['Webhooks'],
      summary: 'Messages that could not be delivered',
      request: { query: pageQuery },
      responses: { 200: json(pageSchema(deliverySchema), 'A page of messages') },
    },
    async (c) => {
      const all = (await listDeadDeliveries.typed(c.get('deps'), {})).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const { items, next } = pageOf(all, c.req.valid('query'), ({ id }) => id);
      return c.json({ items: items.map(shown), ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  // After the dead letters, which would be taken for an id.
  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/webhooks/{webhook}',
      tags: ['Webhooks'],
      summary: 'One subscriber, without its secret',
      request: { params: webhookParam },
      responses: { 200: json(webhookSchema, 'The subscriber') },
    },
    async (c) => c.json(await showWebhook.typed(c.get('deps'), { id: c.req.valid('param').webhook }), 200),
  );

  endpoint(
    app,
    access,
    {
      method: 'post',
      path: '/v1/webhooks/{webhook}/rotate-secret',
      tags: ['Webhooks'],
      summary: 'A new secret; for 24 hours messages are signed with the old one as well',
      request: { params: webhookParam, body: { required: true, ...json(rotation, 'Whether the old one has leaked') } },
      responses: { 200: json(madeSchema, 'The subscriber, with its new secret') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      const input = { id: c.req.valid('param').webhook, ...c.req.valid('json'), actor };
      return c.json(await rotateWebhook(c.get('deps'))(input), 200, { [neverKept]: 'true' });
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/webhooks/{webhook}/deliveries',
      tags: ['Webhooks'],
      summary: 'Messages to one subscriber, by id. What was delivered is kept for a while only.',
      request: { params: targetParam, query: pageQuery },
      responses: { 200: json(pageSchema(deliverySchema), 'A page of messages') },
    },
    async (c) => {
      const { webhook: target } = c.req.valid('param');
      const { items, next } = await pageFrom(
        c.req.valid('query'),
        async (range) => await listDeliveries.typed(c.get('deps'), { target, ...range }),
        ({ id }) => id,
      );
      return c.json({ items: items.map(shown), ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'post',
      path: '/v1/webhooks/{webhook}/deliveries/{delivery}/redeliver',
      tags: ['Webhooks'],
      summary: 'Send a message again, under the same id',
      request: { params: deliveryParam },
      responses: { 202: json(deliverySchema, 'It is on its way') },
    },
    async (c) => {
      const { webhook, delivery } = c.req.valid('param');
      const again = shown(await redeliver.typed(c.get('deps'), { target: webhook, id: delivery }));
      return c.json(again, 202, { location: `/v1/webhooks/${webhook}/deliveries/${delivery}` });
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/webhooks/{webhook}/deliveries/{delivery}',
      tags: ['Webhooks'],
      summary: 'One message, and how far it has come. What was delivered is kept for a while only.',
      request: { params: deliveryParam },
      responses: { 200: json(deliverySchema, 'The message') },
    },
    async (c) => {
      const { webhook, delivery } = c.req.valid('param');
      return c.json(shown(await showDelivery.typed(c.get('deps'), { target: webhook, id: delivery })), 200);
    },
  );
}

function shown({ id, target, event, status, attempts, last }: Awaited<ReturnType<typeof redeliver.typed>>) {
  const { type, at } = event;
  return { id, webhook: target, type, at, status, attempts, ...(last === undefined ? {} : { last }) };
}
