import { z } from '@hono/zod-openapi';
import { addSource } from '../../use-cases/add-source.ts';
import { listSources } from '../../use-cases/list-sources.ts';
import { removeSource } from '../../use-cases/remove-source.ts';
import { requireSource } from '../../use-cases/source-fields.ts';
import { nameField, requireTenant } from '../../use-cases/tenant-fields.ts';
import { textField } from '../../use-cases/text-fields.ts';
import type { Api } from '../api.ts';
import { actorOf, assertSees, noTenant } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageOf, pageQuery, pageSchema } from '../pages.ts';

const operators = ['operator'] as const;
const readers = { scopes: ['tenant:self', 'operator', 'auditor'] } as const;

const sourceSchema = z
  .object({
    tenant: z.string(),
    name: z.string(),
    kind: z.enum(['directory', 's3', 'aws-backup']),
    location: z.string(),
    status: z.enum(['active', 'removed', 'erased']),
    createdAt: z.string(),
  })
  .openapi('Source');

const tenantParam = z.object({ tenant: nameField });
const sourceParam = tenantParam.extend({ source: nameField });

/** Commands of a source are an operator's business at the machine itself: nothing that runs there comes in over HTTP. */
const newSource = z.strictObject({
  name: nameField,
  kind: z.enum(['directory', 's3', 'aws-backup']),
  location: textField(4096).min(1),
});

/** What is protected of a tenant. */
export function defineSources(app: Api): void {
  endpoint(
    app,
    readers,
    {
      method: 'get',
      path: '/v1/tenants/{tenant}/sources',
      tags: ['Sources'],
      summary: 'Sources of a tenant, by name',
      request: { params: tenantParam, query: pageQuery },
      responses: { 200: json(pageSchema(sourceSchema), 'A page of sources') },
    },
    async (c) => {
      const { tenant } = c.req.valid('param');
      assertSees(c.get('caller'), tenant, () => noTenant(tenant));
      const all = await listSources.typed(c.get('deps'), { tenant });
      const { items, next } = pageOf(all, c.req.valid('query'), ({ name }) => name);
      return c.json({ items: items.map(shown), ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    { scopes: operators },
    {
      method: 'post',
      path: '/v1/tenants/{tenant}/sources',
      tags: ['Sources'],
      summary: 'Protect a source from the next backup on',
      request: { params: tenantParam, body: { required: true, ...json(newSource, 'The source') } },
      responses: { 201: json(sourceSchema, 'The source') },
    },
    async (c) => {
      const { tenant } = c.req.valid('param');
      const actor = actorOf(c.get('caller'), operators);
      const added = await addSource(c.get('deps'))({ source: { tenant, ...c.req.valid('json') }, actor });
      return c.json(shown(added), 201, { location: `/v1/tenants/${tenant}/sources/${added.name}` });
    },
  );

  endpoint(
    app,
    readers,
    {
      method: 'get',
      path: '/v1/tenants/{tenant}/sources/{source}',
      tags: ['Sources'],
      summary: 'One source',
      request: { params: sourceParam },
      responses: { 200: json(sourceSchema, 'The source') },
    },
    async (c) => {
      const { tenant, source } = c.req.valid('param');
      assertSees(c.get('caller'), tenant, () => noTenant(tenant));
      await requireTenant(c.get('deps'), tenant);
      return c.json(shown((await requireSource(c.get('deps'), tenant, source)).value), 200);
    },
  );

  endpoint(
    app,
    { scopes: operators },
    {
      method: 'delete',
      path: '/v1/tenants/{tenant}/sources/{source}',
      tags: ['Sources'],
      summary: 'Protect a source no longer; its copies stay until they expire',
      request: { params: sourceParam },
      responses: { 200: json(sourceSchema, 'The source as it is now') },
    },
    async (c) => {
      const { tenant, source } = c.req.valid('param');
      const actor = actorOf(c.get('caller'), operators);
      return c.json(shown(await removeSource(c.get('deps'))({ tenant, name: source, actor })), 200);
    },
  );
}

type Shown = z.infer<typeof sourceSchema>;

/** Without commands, which may hold secrets. */
function shown({ tenant, name, kind, location, status, createdAt }: Shown): Shown {
  return { tenant, name, kind, location, status, createdAt };
}
