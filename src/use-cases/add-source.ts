import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Actor } from '../domain/case-events.ts';
import { ConflictError, InvalidError } from '../domain/errors.ts';
import { aboutField } from '../domain/field-fault.ts';
import { vaultObjection } from '../domain/managed-point.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import { type Stored, sources } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { planOf } from './plan-of.ts';
import { otherLocations, sourceFields } from './source-fields.ts';
import { requireTenant } from './tenant-fields.ts';

const input = z.strictObject({ source: sourceFields, actor: actorInput });

/**
 * Begins to protect a source. The driver looks at the place first: it must exist and lie apart from the home and from
 * every other source. A source that was removed comes back under its name, with the copies it still has.
 */
export const addSource = useCase(input, async (deps, { source: fields, actor }) => {
  const { value: tenant } = await requireTenant(deps, fields.tenant);
  const known = await sources.read(deps.table, fields.tenant, fields.name);
  refuseTaken(tenant, known, fields.name);
  const source: Source = { ...fields, status: 'active', createdAt: known?.value.createdAt ?? deps.clock.now() };
  const others = await otherLocations(deps, source);
  await aboutField(['source', 'location'], () => deps.sourceDriver(source).verify(others));
  await refuseVault(deps, tenant, source);
  await recordSource(deps, tenant, source, 'source-added', actor, known?.version);
  return source;
});

/** Writes a source with its ledger entry. */
export async function recordSource(
  deps: Deps,
  tenant: Tenant,
  source: Source,
  type: 'source-added' | 'source-changed' | 'source-removed',
  actor: Actor,
  version: number | undefined,
): Promise<void> {
  const event = { tenant, type, actor: actor.kind, subjects: [], particulars: { by: actor.id, source } };
  await appendLedger(deps, event, [sources.write(source, version ?? 'absent')]);
}

function refuseTaken(tenant: Tenant, known: Stored<Source> | undefined, name: string): void {
  if (tenant.status === 'erased')
    throw new ConflictError(`tenant ${tenant.id} was erased`, { hint: 'Add a tenant under another id.' });
  if (known?.value.status === 'active') {
    throw new ConflictError(`source ${tenant.id}/${name} exists`, {
      hint: 'Choose another name, or change it with `tenure apply`.',
    });
  }
  if (known?.value.status === 'erased') {
    throw new ConflictError(`source ${tenant.id}/${name} was erased, and its name stays with its certificate`, {
      hint: 'Choose another name.',
    });
  }
}

/** A vault whose lock contradicts the tenant's plan would break the promise, or refuse every backup. @throws InvalidError */
export async function refuseVault(deps: Deps, tenant: Tenant, { kind }: Pick<Source, 'kind'>): Promise<void> {
  if (kind !== 'aws-backup') return;
  const { plan } = await planOf(deps, tenant);
  const objection = vaultObjection(await deps.managed.vault(), plan.retention.retentionDays);
  if (objection === undefined) return;
  throw new InvalidError(objection, { hint: 'Change the retention of the plan, or the lock of the vault.' });
}
