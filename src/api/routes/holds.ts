import { z } from '@hono/zod-openapi';
import { listHolds } from '../../use-cases/list-holds.ts';
import { placeHold } from '../../use-cases/place-hold.ts';
import { releaseHold } from '../../use-cases/release-hold.ts';
import { showHold } from '../../use-cases/show-hold.ts';
import { nameField } from '../../use-cases/tenant-fields.ts';
import { dayField, textField } from '../../use-cases/text-fields.ts';
import type { Api } from '../api.ts';
import { actorOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageOf, pageQuery, pageSchema } from '../pages.ts';

const operators = ['operator'] as const;

const holdSchema = z
  .object({
    id: z.string(),
    scope: z.object({ tenant: z.string(), source: z.string().optional(), paths: z.array(z.string()).optional() }),
    reason: z.string(),
    placedBy: z.string(),
    placedAt: z.string(),
    reviewOn: z.string().optional(),
    releasedAt: z.string().optional(),
    releasedBy: z.string().optional(),
    releaseReason: z.string().optional(),
  })
  .openapi('Hold');

const holdParam = z.object({
  hold: z.string().regex(/^h-[0-9a-f]{10}$/, { error: 'is no id of a hold' }),
});

const newHold = z.strictObject({
  tenant: nameField,
  source: nameField.optional(),
  reason: textField(500).min(1),
  reviewOn: dayField().optional(),
});

/** Legal holds: nothing in their scope is destroyed until they are released. */
export function defineHolds(app: Api): void {
  endpoint(
    app,
    { scopes: ['operator', 'auditor'] },
    {
      method: 'get',
      path: '/v1/holds',
      tags: ['Holds'],
      summary: 'Holds, by id: those in force, or all',
      request: { query: pageQuery.extend({ tenant: nameField.optional(), all: z.enum(['true', 'false']).optional() }) },
      responses: { 200: json(pageSchema(holdSchema), 'A page of holds') },
    },
    async (c) => {
      const { tenant, all, ...page } = c.req.valid('query');
      const found = await listHolds.typed(c.get('deps'), {
        all: all === 'true',
        ...(tenant === undefined ? {} : { tenant }),
      });
      const byId = found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const { items, next } = pageOf(byId, page, ({ id }) => id);
      return c.json({ items, ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    { scopes: operators },
    {
      method: 'post',
      path: '/v1/holds',
      tags: ['Holds'],
      summary: 'Place a hold',
      request: { body: { required: true, ...json(newHold, 'What is held, and why') } },
      responses: { 201: json(holdSchema, 'The hold') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      const hold = await placeHold(c.get('deps'))({ ...c.req.valid('json'), actor });
      return c.json(hold, 201, { location: `/v1/holds/${hold.id}` });
    },
  );

  endpoint(
    app,
    { scopes: ['operator', 'auditor'] },
    {
      method: 'get',
      path: '/v1/holds/{hold}',
      tags: ['Holds'],
      summary: 'One hold, released or not',
      request: { params: holdParam },
      responses: { 200: json(holdSchema, 'The hold') },
    },
    async (c) => c.json(await showHold.typed(c.get('deps'), c.req.valid('param')), 200),
  );

  endpoint(
    app,
    { scopes: operators, mfa: true },
    {
      method: 'post',
      path: '/v1/holds/{hold}/release',
      tags: ['Holds'],
      summary: 'Release a hold, with a second factor',
      request: {
        params: holdParam,
        body: {
          required: true,
          ...json(z.strictObject({ reason: textField(500).min(1) }), 'Why it is no longer needed'),
        },
      },
      responses: { 200: json(holdSchema, 'The hold as it is now') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      const { hold } = c.req.valid('param');
      return c.json(await releaseHold(c.get('deps'))({ hold, ...c.req.valid('json'), actor }), 200);
    },
  );
}
