import { z } from '@hono/zod-openapi';
import type { Deps } from '../../deps.ts';
import type { Tenant } from '../../domain/tenant.ts';
import type { KeyRange } from '../../ports/table.ts';
import { tenants } from '../../records.ts';
import { addTenant } from '../../use-cases/add-tenant.ts';
import { setTenant } from '../../use-cases/set-tenant.ts';
import { nameField, requireTenant, tenantFields } from '../../use-cases/tenant-fields.ts';
import type { Api } from '../api.ts';
import { actorOf, assertSees, type Caller, noTenant, seesAll } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageFrom, pageQuery, pageSchema } from '../pages.ts';

const tenantSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    contacts: z.array(z.object({ name: z.string(), email: z.string() })),
    locale: z.enum(['es', 'en', 'de']),
    timezone: z.string(),
    plan: z.string(),
    agreement: z.object({ reference: z.string(), endedOn: z.string().optional() }).optional(),
    stripeCustomer: z.string().optional(),
    status: z.enum(['active', 'frozen', 'erased']),
    paused: z.boolean(),
    createdAt: z.string(),
  })
  .openapi('Tenant');

const idParam = z.object({ tenant: nameField });
const operators = ['operator'] as const;
const readers = ['tenant:self', 'operator', 'auditor'] as const;
const newTenant = z.strictObject({
  id: nameField,
  name: tenantFields.name,
  contacts: tenantFields.contacts,
  locale: tenantFields.locale.optional(),
  timezone: tenantFields.timezone.optional(),
  plan: tenantFields.plan.optional(),
  agreement: tenantFields.agreement.optional(),
  stripeCustomer: tenantFields.stripeCustomer.optional(),
});

const changedTenant = newTenant
  .omit({ id: true })
  .extend({
    paused: z.boolean(),
    stripeCustomer: tenantFields.stripeCustomer.nullable().openapi({ description: 'null: none any more' }),
  })
  .partial();

/** Tenants: the customers' accounts. */
export function defineTenants(app: Api): void {
  endpoint(
    app,
    { scopes: readers },
    {
      method: 'get',
      path: '/v1/tenants',
      tags: ['Tenants'],
      summary: 'Tenants that the caller may see, by id',
      request: { query: pageQuery },
      responses: { 200: json(pageSchema(tenantSchema), 'A page of tenants') },
    },
    async (c) => {
      const caller = c.get('caller');
      const { items, next } = await pageFrom(
        c.req.valid('query'),
        async (range) => await seenTenants(c.get('deps'), caller, range),
        ({ id }) => id,
      );
      return c.json({ items: items.map(shown), ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    { scopes: operators },
    {
      method: 'post',
      path: '/v1/tenants',
      tags: ['Tenants'],
      summary: 'Take on a tenant',
      request: { body: { required: true, ...json(newTenant, 'The tenant') } },
      responses: { 201: json(tenantSchema, 'The tenant as it is on record') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      const tenant = await addTenant(c.get('deps'))({ ...c.req.valid('json'), actor });
      return c.json(shown(tenant), 201, { location: `/v1/tenants/${tenant.id}` });
    },
  );

  endpoint(
    app,
    { scopes: readers },
    {
      method: 'get',
      path: '/v1/tenants/{tenant}',
      tags: ['Tenants'],
      summary: 'One tenant',
      request: { params: idParam },
      responses: { 200: json(tenantSchema, 'The tenant') },
    },
    async (c) => {
      const { tenant: id } = c.req.valid('param');
      assertSees(c.get('caller'), id, () => noTenant(id));
      const { value } = await requireTenant(c.get('deps'), id);
      return c.json(shown(value), 200);
    },
  );

  endpoint(
    app,
    // Plan and contacts say who else has to agree to an erasure: whether a second person, and at which address a customer.
    { scopes: operators, mfa: { fields: ['plan', 'contacts'] } },
    {
      method: 'patch',
      path: '/v1/tenants/{tenant}',
      tags: ['Tenants'],
      summary: 'Change a tenant',
      request: { params: idParam, body: { required: true, ...json(changedTenant, 'The fields that change') } },
      responses: { 200: json(tenantSchema, 'The tenant as it is now') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      const { tenant: id } = c.req.valid('param');
      const { tenant } = await setTenant(c.get('deps'))({ id, ...c.req.valid('json'), actor });
      return c.json(shown(tenant), 200);
    },
  );
}

async function seenTenants({ table }: Deps, caller: Caller, range: KeyRange): Promise<Tenant[]> {
  if (seesAll(caller)) return (await tenants.list(table, 'TENANTS', range)).map(({ value }) => value);
  const own = caller.tenant === undefined ? undefined : (await tenants.read(table, caller.tenant))?.value;
  return own === undefined || (range.after !== undefined && own.id <= range.after) ? [] : [own];
}

/** Without the name that the ledger has for it, which links ledger entries to a person. */
function shown({ ledgerId: _, ...tenant }: Tenant): Omit<Tenant, 'ledgerId'> {
  return tenant;
}
