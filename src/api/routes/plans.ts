import { z } from '@hono/zod-openapi';
import { listPlans } from '../../use-cases/list-plans.ts';
import { planHistory, showPlan } from '../../use-cases/show-plan.ts';
import { nameField } from '../../use-cases/tenant-fields.ts';
import type { Api } from '../api.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageOf, pageQuery, pageSchema } from '../pages.ts';

const access = { scopes: ['operator', 'auditor'] } as const;

const listedSchema = z
  .object({
    name: z.string(),
    version: z.int(),
    since: z.string(),
    digest: z.string(),
    cadences: z.array(z.string()),
    retentionDays: z.int(),
    noticeDays: z.int(),
    approval: z.enum(['required', 'none']),
    tenants: z.int(),
  })
  .openapi('ListedPlan');

const versionSchema = z
  .object({
    name: z.string(),
    version: z.int(),
    digest: z.string(),
    author: z.string(),
    text: z.string().openapi({ description: 'YAML as it was written' }),
    since: z.string(),
  })
  .openapi('PlanVersion');

const planParam = z.object({ plan: nameField });

/** Plans and their history. A plan is changed by changing its file: policy is code. */
export function definePlans(app: Api): void {
  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/plans',
      tags: ['Plans'],
      summary: 'Plans as they are now, by name',
      request: { query: pageQuery },
      responses: { 200: json(pageSchema(listedSchema), 'A page of plans') },
    },
    async (c) => {
      const all = (await listPlans.typed(c.get('deps'), {})).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const { items, next } = pageOf(all, c.req.valid('query'), ({ name }) => name);
      return c.json({ items, ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/plans/{plan}',
      tags: ['Plans'],
      summary: 'A plan as it is written',
      request: { params: planParam, query: z.strictObject({ version: z.coerce.number().int().min(1).optional() }) },
      responses: { 200: json(versionSchema, 'The version that was asked for, or the newest') },
    },
    async (c) => {
      const { version } = c.req.valid('query');
      const { plan } = c.req.valid('param');
      const found = await showPlan.typed(c.get('deps'), { name: plan, ...(version === undefined ? {} : { version }) });
      return c.json(found, 200);
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/plans/{plan}/versions',
      tags: ['Plans'],
      summary: 'Every version of a plan, oldest first',
      request: { params: planParam, query: pageQuery },
      responses: { 200: json(pageSchema(versionSchema.omit({ text: true })), 'A page of versions') },
    },
    async (c) => {
      const versions = (await planHistory.typed(c.get('deps'), { name: c.req.valid('param').plan })).toReversed();
      const { items, next } = pageOf(versions, c.req.valid('query'), ({ version }) => String(version).padStart(8, '0'));
      return c.json({ items: items.map(({ text: _, ...rest }) => rest), ...(next === undefined ? {} : { next }) }, 200);
    },
  );
}
