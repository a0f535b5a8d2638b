import type { Deps } from '../deps.ts';
import type { Tenant } from '../domain/tenant.ts';
import { tenants } from '../records.ts';

/** All tenants by id, erased ones included. */
export async function listTenants(deps: Pick<Deps, 'table'>): Promise<Tenant[]> {
  return (await tenants.list(deps.table, 'TENANTS')).map((stored) => stored.value);
}
