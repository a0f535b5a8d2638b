import { z } from '@hono/zod-openapi';
import { setTenant } from '../../use-cases/set-tenant.ts';
import { nameField, requireTenant, tenantFields } from '../../use-cases/tenant-fields.ts';
import type { Api } from '../api.ts';
import { actorOf, assertSees, noTenant } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';

const operators = ['operator'] as const;

const contactsSchema = z
  .object({ contacts: z.array(z.object({ name: z.string(), email: z.string() })) })
  .openapi('Contacts');

const tenantParam = z.object({ tenant: nameField });
const newContacts = z.strictObject({ contacts: tenantFields.contacts });

/**
 * Whom a tenant's mails go to. Only an operator changes them, with a second factor: the code that confirms a request goes to the address on file, so
 * whoever could change that address could confirm the erasure of somebody else's data.
 */
export function defineContacts(app: Api): void {
  endpoint(
    app,
    { scopes: ['tenant:self', 'operator', 'auditor'] },
    {
      method: 'get',
      path: '/v1/tenants/{tenant}/contacts',
      tags: ['Tenants'],
      summary: 'Whom a tenant’s mails go to, in the order in which they are tried',
      request: { params: tenantParam },
      responses: { 200: json(contactsSchema, 'The contacts') },
    },
    async (c) => {
      const { tenant } = c.req.valid('param');
      assertSees(c.get('caller'), tenant, () => noTenant(tenant));
      return c.json({ contacts: (await requireTenant(c.get('deps'), tenant)).value.contacts }, 200);
    },
  );

  endpoint(
    app,
    { scopes: operators, mfa: true },
    {
      method: 'put',
      path: '/v1/tenants/{tenant}/contacts',
      tags: ['Tenants'],
      summary: 'Replace the contacts of a tenant; one is needed, two are better',
      request: { params: tenantParam, body: { required: true, ...json(newContacts, 'All of them') } },
      responses: { 200: json(contactsSchema, 'The contacts as they are now') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      const { tenant: id } = c.req.valid('param');
      const { tenant } = await setTenant(c.get('deps'))({ id, ...c.req.valid('json'), actor });
      return c.json({ contacts: tenant.contacts }, 200);
    },
  );
}
