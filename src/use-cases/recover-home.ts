import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { ConflictError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import { sources, systemStates, tenants } from '../records.ts';
import { type RecoveredCatalog, recoverCatalog } from '../repository/recover.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';

/** What a recovery has brought back, and what it could not. */
export interface Recovery {
  tenants: string[];
  sources: string[];
  snapshots: number;
  /** Copies whose key is gone: they were erased and stay so. */
  erased: number;
  discarded: number;
  damaged: RecoveredCatalog['damaged'];
  /** Tenants that have keys but no copy that could tell of them. */
  unknown: string[];
  /** Plans that tenants have and this home does not. */
  missingPlans: string[];
}

/**
 * Fills the empty catalog of a new home from objects and keys. The quarantine comes first and is lifted by an operator only:
 * what was decided since the newest copies (cases, holds, payments) is not in them, so nothing destructive may run.
 */
export const recoverHome = useCase(
  z.strictObject({ actor: actorInput }),
  async (deps, { actor }): Promise<Recovery> => {
    const quarantine = {
      name: 'quarantine' as const,
      at: deps.clock.now(),
      by: actor.id,
      reason: 'the catalog was rebuilt from copies',
    };
    await appendLedger(deps, { type: 'quarantine', actor: actor.kind, subjects: [] }, [systemStates.write(quarantine)]);
    const catalog = await recoverCatalog(deps);
    const found = describe(catalog);
    for (const tenant of found.tenants) await restoreTenant(deps, tenant);
    for (const source of found.sources) await ignoreExisting(deps.table.transact([sources.write(source, 'absent')]));
    const { snapshots, erased, discarded, damaged } = catalog;
    await appendLedger(deps, {
      type: 'catalog-recovered',
      actor: actor.kind,
      subjects: [`snapshots:${snapshots.length}`, `erased:${erased}`, `damaged:${damaged.length}`],
    });
    return {
      tenants: found.tenants.map(({ id }) => id),
      sources: found.sources.map(({ tenant, name }) => `${tenant}/${name}`),
      snapshots: snapshots.length,
      erased,
      discarded,
      damaged,
      unknown: await unknownTenants(deps, found.tenants),
      missingPlans: [...new Set(found.tenants.map(({ plan }) => plan))].filter(
        (name) => !deps.settings.plans.has(name),
      ),
    };
  },
);

/** Tenants and sources as their newest copies tell of them. */
function describe(catalog: RecoveredCatalog): { tenants: Tenant[]; sources: Source[] } {
  const newest = new Map(catalog.snapshots.map(({ tenant, source, takenAt }) => [`${tenant}/${source}`, takenAt]));
  const byAge = [...catalog.sources].sort((a, b) =>
    (newest.get(`${a.tenant}/${a.source}`) ?? '') < (newest.get(`${b.tenant}/${b.source}`) ?? '') ? -1 : 1,
  );
  const described = new Map<string, Tenant>();
  for (const { descriptor } of byAge) {
    const tenant = descriptor.tenant as unknown as Tenant;
    described.set(tenant.id, tenant);
  }
  return {
    tenants: [...described.values()],
    sources: byAge.map(({ descriptor }) => descriptor.source as unknown as Source),
  };
}

/** The evidence key may be of a replica that was lost: without one, nothing about the tenant could go on record. */
async function restoreTenant(deps: Deps, tenant: Tenant): Promise<void> {
  const evidence = `evidence/${tenant.id}`;
  if (!(await deps.keys.list(evidence)).includes(evidence)) await ignoreExisting(deps.keys.make(evidence));
  await ignoreExisting(deps.table.transact([tenants.write(tenant, 'absent')]));
}

async function unknownTenants(deps: Deps, known: readonly Tenant[]): Promise<string[]> {
  const ids = new Set(known.map(({ id }) => id));
  return (await deps.keys.list('tenant/')).map((ref) => ref.slice('tenant/'.length)).filter((id) => !ids.has(id));
}

async function ignoreExisting(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}
