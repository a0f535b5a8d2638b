import type { Deps } from '../deps.ts';
import { ConflictError, CorruptError, NotFoundError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import { sources, stripeCustomers, tenants } from '../records.ts';
import { erasedTenant } from './close-case.ts';
import type { Recollection } from './recollect.ts';
import type { Described } from './recover-home.ts';

/** What {@link restoreTenants} has brought back; erased tenants are not among them. */
export interface RestoredTenants {
  tenants: Tenant[];
  sources: Source[];
}

/**
 * Writes tenants and sources as their newest copies tell of them, or the ledger where it has something newer: it also knows those
 * that have no copy. A tenant that was erased, or whose key is destroyed, leaves its id alone, so that it is never given out again.
 *
 * @param copies oldest first
 */
export async function restoreTenants(
  deps: Deps,
  copies: readonly Described[],
  known: Pick<Recollection, 'told' | 'erased'> | undefined,
): Promise<RestoredTenants> {
  const restored: RestoredTenants = { tenants: [], sources: [] };
  const erased = known?.erased ?? [];
  for (const { value: tenant } of tenantsOf(copies, known)) {
    const gone = erased.filter((scope) => scope.tenant === tenant.id);
    if (gone.some(({ source }) => source === undefined) || !(await hasKey(deps, tenant.id))) {
      await ignoreExisting(deps.table.transact([tenants.write(erasedTenant(tenant), 'absent')]));
      continue;
    }
    await restoreTenant(deps, tenant);
    restored.tenants.push(tenant);
    const told = known?.told.find((one) => one.tenant === tenant.id)?.facts.sources;
    for (const { value: source, at } of sourcesOf(tenant.id, copies, told)) {
      // A name may come back after its erasure: that is another source.
      if (gone.some((scope) => scope.source === source.name && at < scope.at)) continue;
      await ignoreExisting(deps.table.transact([sources.write(source, 'absent')]));
      restored.sources.push(source);
    }
  }
  return restored;
}

interface Dated<T> {
  at: string;
  value: T;
}

/** What is known of each, the newest word counting, ordered by name. */
function newestOf<T>(words: readonly [name: string, word: Dated<T>][]): Dated<T>[] {
  const newest = new Map<string, Dated<T>>();
  for (const [name, word] of words) {
    const known = newest.get(name);
    if (known === undefined || known.at <= word.at) newest.set(name, word);
  }
  return [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, word]) => word);
}

function tenantsOf(copies: readonly Described[], known: Pick<Recollection, 'told'> | undefined): Dated<Tenant>[] {
  const frozen = new Map(copies.map(({ tenant }) => [tenant.id, tenant.status]));
  return newestOf([
    ...copies.map(({ takenAt, tenant }): [string, Dated<Tenant>] => [tenant.id, { at: takenAt, value: tenant }]),
    ...(known?.told ?? []).flatMap(({ facts: { tenant } }): [string, Dated<Tenant>][] =>
      tenant === undefined
        ? []
        : // What freezes a tenant is no change of its record.
          [
            [
              tenant.value.id,
              { at: tenant.at, value: { ...tenant.value, status: frozen.get(tenant.value.id) ?? 'active' } },
            ],
          ],
    ),
  ]);
}

function sourcesOf(
  tenant: string,
  copies: readonly Described[],
  told: ReadonlyMap<string, Dated<Source>> | undefined,
): Dated<Source>[] {
  const described = copies.filter((copy) => copy.tenant.id === tenant);
  return newestOf([
    ...described.map(({ takenAt, source }): [string, Dated<Source>] => [source.name, { at: takenAt, value: source }]),
    ...(told ?? []),
  ]);
}

async function hasKey(deps: Deps, tenant: string): Promise<boolean> {
  try {
    await deps.keys.open(`tenant/${tenant}`);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    // A key that does not open is damaged, not destroyed.
    if (error instanceof CorruptError) return true;
    throw error;
  }
}

/** The evidence key may be of a replica that was lost: without one, nothing about the tenant could go on record. */
async function restoreTenant(deps: Deps, tenant: Tenant): Promise<void> {
  const evidence = `evidence/${tenant.id}`;
  if (!(await deps.keys.list(evidence)).includes(evidence)) await ignoreExisting(deps.keys.make(evidence));
  await ignoreExisting(deps.table.transact([tenants.write(tenant, 'absent')]));
  const { id, stripeCustomer: customer } = tenant;
  if (customer === undefined) return;
  await ignoreExisting(deps.table.transact([stripeCustomers.write({ customer, tenant: id }, 'absent')]));
}

async function ignoreExisting(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}
