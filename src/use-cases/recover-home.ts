import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Actor } from '../domain/case-events.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import { systemStates, tenants } from '../records.ts';
import { type RecoveredCatalog, recoverCatalog } from '../repository/recover.ts';
import type { ReadRoots } from '../repository/recover-roots.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import type { SealsRead } from './ledger-seals.ts';
import { type Recollection, recollect } from './recollect.ts';
import { restoreTenants } from './restore-tenants.ts';

/** What a recovery has brought back, and what it could not. */
export interface Recovery {
  tenants: string[];
  sources: string[];
  snapshots: number;
  /** Copies whose key is gone: they were erased and stay so. */
  erased: number;
  /** Copies of what a closed case has erased and whose keys open all the same: the keyring is older than the erasure. */
  withheld: { snapshot: string; tenant: string; source: string; case: string }[];
  discarded: number;
  damaged: RecoveredCatalog['damaged'];
  /** Tenants that have keys, and neither a copy nor a ledger that could tell of them. */
  unknown: string[];
  /** Plans that tenants have and this home does not. */
  missingPlans: string[];
  /** Absent: no ledger was found, and the new home begins one. */
  ledger?: Recollection['ledger'];
  /** Holds in force that are back. */
  holds: string[];
  /** Cases that were open: they are lost and have to be opened again. */
  lostCases: Recollection['lostCases'];
  certificates: number;
  /** What is wrong with ledger, holds and certificates. */
  problems: string[];
}

const input = z.strictObject({
  actor: actorInput,
  /** What `readRoots` and `readSeals` answered. Without seals nothing is read back from the evidence store. */
  roots: z.custom<ReadRoots>(),
  seals: z.custom<SealsRead>().exactOptional(),
});

/**
 * Fills the empty catalog of a new home from objects, keys and, where it is there, the ledger. The quarantine comes first and is
 * lifted by an operator only: what was decided since the last seal is in none of them, so nothing destructive may run.
 */
export const recoverHome = useCase(input, async (deps, { actor, roots, seals }): Promise<Recovery> => {
  const quarantine = (reason: string) =>
    systemStates.write({ name: 'quarantine', at: deps.clock.now(), by: actor.id, reason });
  await deps.table.transact([quarantine('the catalog is being rebuilt')]);
  const names = new Map(roots.roots.map(({ descriptor }) => [tenantOf(descriptor).ledgerId, tenantOf(descriptor).id]));
  const known = seals === undefined ? undefined : await recollect(deps, seals, names);
  const newest = [...roots.roots.map(({ snapshot }) => snapshot.takenAt), ...(known?.newestAt ?? [])].sort().at(-1);
  if (newest !== undefined) await trustClockSince(deps, newest);
  const reason = ['the catalog was rebuilt from copies', ...(known?.problems ?? []).slice(0, 5)].join('; ');
  await appendLedger(deps, { type: 'quarantine', actor, subjects: [] }, [quarantine(reason)]);

  const withheld: Recovery['withheld'] = [];
  const catalog = await recoverCatalog(deps, {
    roots,
    isErased: ({ id, tenant, source, takenAt }) => {
      const by = known?.erased.find(
        (gone) =>
          gone.tenant === tenant && (gone.source === undefined || (gone.source === source && takenAt < gone.at)),
      );
      if (by !== undefined) withheld.push({ snapshot: id, tenant, source, case: by.case });
      return by !== undefined;
    },
  });
  const restored = await restoreTenants(deps, described(catalog), known);
  await recordRecovery(deps, actor, known, restored.tenants, catalog);
  const { snapshots, erased, discarded, damaged } = catalog;
  return {
    tenants: restored.tenants.map(({ id }) => id),
    sources: restored.sources.map(({ tenant, name }) => `${tenant}/${name}`),
    snapshots: snapshots.length,
    erased,
    withheld,
    discarded,
    damaged,
    unknown: await unknownTenants(deps),
    missingPlans: [...new Set(restored.tenants.map(({ plan }) => plan))].filter(
      (name) => !deps.settings.plans.has(name),
    ),
    ...(known === undefined ? {} : { ledger: known.ledger }),
    holds: known?.holds ?? [],
    lostCases: known?.lostCases ?? [],
    certificates: known?.certificates ?? 0,
    problems: known?.problems ?? [],
  };
});

/** Tenant and source as the newest copy of each source tells of them. */
export interface Described {
  takenAt: string;
  tenant: Tenant;
  source: Source;
}

function described(catalog: RecoveredCatalog): Described[] {
  const newest = new Map(catalog.snapshots.map(({ tenant, source, takenAt }) => [`${tenant}/${source}`, takenAt]));
  return catalog.sources
    .map(({ tenant, source, descriptor }) => ({
      takenAt: newest.get(`${tenant}/${source}`) ?? '',
      tenant: tenantOf(descriptor),
      source: descriptor.source as unknown as Source,
    }))
    .sort((a, b) => (a.takenAt < b.takenAt ? -1 : 1));
}

function tenantOf(descriptor: RecoveredCatalog['sources'][number]['descriptor']): Tenant {
  return descriptor.tenant as unknown as Tenant;
}

/** The newest instant that is proven is the last one that can be trusted: a clock far ahead of it needs an operator's word. */
async function trustClockSince(deps: Deps, at: string): Promise<void> {
  await deps.table.transact([systemStates.write({ name: 'clock', at, by: 'system', reason: 'recovery' })]);
}

/** Every chain says of itself that it was read back, and how far; a chain that was not begins with that. */
async function recordRecovery(
  deps: Deps,
  actor: Actor,
  known: Recollection | undefined,
  restored: readonly Tenant[],
  { snapshots, erased, damaged }: RecoveredCatalog,
): Promise<void> {
  const chains = new Map(known?.ledger.chains.map((chain) => [chain.chain, chain]));
  for (const name of new Set([...chains.keys(), ...restored.map(({ ledgerId }) => ledgerId), 'system'])) {
    const chain = chains.get(name);
    const subjects = [
      `entries:${chain?.entries ?? 0}`,
      `sealed-to:${chain?.sealedTo ?? 0}`,
      ...(chain?.lost === undefined ? [] : [`lost:${chain.lost.from}-${chain.lost.to}`]),
    ];
    const recovered = { type: 'recovered', subjects };
    await appendLedger(
      deps,
      name === 'system'
        ? { ...recovered, actor }
        : { ...recovered, tenant: { id: '', ledgerId: name }, actor: actor.kind },
    );
  }
  const subjects = [`snapshots:${snapshots.length}`, `erased:${erased}`, `damaged:${damaged.length}`];
  await appendLedger(deps, { type: 'catalog-recovered', actor, subjects });
}

async function unknownTenants(deps: Deps): Promise<string[]> {
  const ids = new Set((await tenants.list(deps.table, tenants.key('').pk)).map(({ value }) => value.id));
  return (await deps.keys.list('tenant/')).map((ref) => ref.slice('tenant/'.length)).filter((id) => !ids.has(id));
}
