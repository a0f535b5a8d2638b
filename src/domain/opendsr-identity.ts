import { hash, timingSafeEqual } from 'node:crypto';
import type { Tenant } from './tenant.ts';

/** Kinds of identities that lead to a tenant, each in the formats that do. */
export const supportedIdentities = [
  { identity_type: 'controller_customer_id', identity_format: 'raw' },
  { identity_type: 'email', identity_format: 'raw' },
  { identity_type: 'email', identity_format: 'sha256' },
  { identity_type: 'email', identity_format: 'sha1' },
  { identity_type: 'email', identity_format: 'md5' },
] as const;

/** Formats of the specification, section 5.2. */
export const identityFormats = ['raw', 'sha1', 'md5', 'sha256'] as const;

/** Somebody as a controller names them (specification, section 5.3). */
export interface Identity {
  identity_type: 'controller_customer_id' | 'email';
  identity_format: (typeof identityFormats)[number];
  identity_value: string;
}

/** Hex digits of a digest. */
const digestLength = { sha1: 40, md5: 32, sha256: 64 };

/** What is wrong with an identity by itself, in words that do not repeat it. */
export function identityProblem({ identity_type, identity_format, identity_value }: Identity): string | undefined {
  if (
    !supportedIdentities.some(
      (each) => each.identity_type === identity_type && each.identity_format === identity_format,
    )
  )
    return `${identity_type} is not taken as ${identity_format}`;
  if (identity_format === 'raw') return identity_value.trim() === '' ? 'is empty' : undefined;
  const digits = digestLength[identity_format];
  return /^[0-9a-f]+$/i.test(identity_value) && identity_value.length === digits
    ? undefined
    : `is no ${identity_format} digest: ${digits} hex digits`;
}

/**
 * The one tenant that all identities lead to: by its id, or by the address of one of its contacts. Addresses are compared in lower
 * case and without spaces around them, which is also the text that a digest is made of. Erased tenants are not found.
 *
 * @returns `undefined` for none, and for more than one
 */
export function tenantOfIdentities(identities: readonly Identity[], tenants: readonly Tenant[]): Tenant | undefined {
  const found = tenants.filter(
    (tenant) => tenant.status !== 'erased' && identities.every((identity) => leadsTo(identity, tenant)),
  );
  return found.length === 1 ? found[0] : undefined;
}

function leadsTo({ identity_type, identity_format, identity_value }: Identity, tenant: Tenant): boolean {
  if (identity_type === 'controller_customer_id') return same(identity_value.trim(), tenant.id);
  const given = identity_value.trim().toLowerCase();
  return tenant.contacts.some(({ email }) => {
    const address = email.trim().toLowerCase();
    return same(given, identity_format === 'raw' ? address : hash(identity_format, address, 'hex'));
  });
}

/** In a time that does not tell how much of it was right. */
function same(given: string, wanted: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', wanted, 'buffer'));
}
