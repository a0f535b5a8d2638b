import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { isTimezone } from '../domain/calendar.ts';
import { InvalidError, NotFoundError } from '../domain/errors.ts';
import type { Tenant } from '../domain/tenant.ts';
import { type Stored, tenants } from '../records.ts';
import { dayField, lineField } from './text-fields.ts';

/** Ids of tenants and names of sources. */
export const nameField = z.string({ error: 'must be text' }).regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
  error: (issue) =>
    `"${issue.input}" must be of a-z, 0-9 and -, begin with a letter or digit, and have at most 63 characters`,
});

/**
 * Loose on purpose: whether an address works is what a delivery shows. What no header can hold is refused (RFC 5321 §4.5.3.1: 64
 * characters before the @), and so are signs that are not seen.
 */
const emailField = z
  .string({ error: 'must be text' })
  .max(254, { error: 'is longer than 254 characters' })
  // Stands in the description of the API, where a pattern has no flags (JSON Schema 2020-12, `pattern`).
  .regex(/^[^\s@<>,;:"()[\]\\]{1,64}@[^\s@<>,;:"()[\]\\]+$/, {
    error: (issue) => `"${issue.input}" is not an e-mail address`,
    abort: true,
  })
  .refine((address) => !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(address), { error: 'holds signs that are not seen' });

/** The fields of a tenant that an operator sets. */
export const tenantFields = {
  name: lineField,
  contacts: z
    .array(z.strictObject({ name: lineField, email: emailField }), { error: 'must be a list of contacts' })
    .min(1, { error: 'names nobody to write to; one contact is needed, two are better' })
    .refine((contacts) => new Set(contacts.map(({ email }) => email.toLowerCase())).size === contacts.length, {
      error: 'names the same address twice',
    }),
  locale: z.enum(['es', 'en', 'de'], { error: (issue) => `"${issue.input}" is none of es, en, de` }),
  timezone: z.string({ error: 'must be text' }).refine(isTimezone, {
    error: (issue) => `"${issue.input}" is not a time zone such as America/Bogota, Europe/Berlin or UTC`,
  }),
  plan: nameField,
  agreement: z.strictObject({
    reference: lineField,
    endedOn: dayField().exactOptional(),
  }),
  stripeCustomer: z.string().regex(/^cus_[A-Za-z0-9]{1,100}$/, { error: 'must be the id of a Stripe customer, cus_…' }),
};

/** InvalidError when there is no such plan. */
export function requirePlan(deps: Deps, name: string): void {
  if (deps.settings.plans.has(name)) return;
  const known = [...deps.settings.plans.keys()].join(', ');
  const message = `there is no plan "${name}"`;
  throw new InvalidError(message, {
    fields: [{ path: ['plan'], message }],
    hint: `The plans are ${known}; a new one is a new file in the plans folder.`,
  });
}

/** A tenant, or NotFoundError. */
export async function requireTenant(deps: Pick<Deps, 'table'>, id: string): Promise<Stored<Tenant>> {
  const stored = await tenants.read(deps.table, id);
  if (stored === undefined)
    throw new NotFoundError(`there is no tenant ${id}`, { hint: '`tenure tenant list` shows all tenants.' });
  return stored;
}
