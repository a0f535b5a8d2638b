import { z } from 'zod';
import { ConflictError } from '../domain/errors.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { nameField, requireTenant } from './tenant-fields.ts';

const input = z.object({ tenant: nameField, actor: actorInput });

/** Gives a tenant a new key and wraps everything below it anew. Data are not touched: their own keys stay the same. */
export const rotateTenantKey = useCase(input, async (deps, { tenant: id, actor }) => {
  const { value: tenant } = await requireTenant(deps, id);
  if (tenant.status === 'erased') throw new ConflictError(`tenant ${id} was erased: its keys are destroyed`);
  await deps.keys.rotate(id);
  await appendLedger(deps, {
    tenant,
    type: 'tenant-key-rotated',
    actor: actor.kind,
    subjects: [],
    particulars: { by: actor.id },
  });
  return {
    tenant: id,
    keys: (await deps.keys.list('')).filter((ref) => !/^(?:evidence|home)\//.test(ref) && ref.split('/')[1] === id)
      .length,
  };
});
