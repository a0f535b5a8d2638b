import { z } from 'zod';
import { sources } from '../records.ts';
import { useCase } from '../use-case.ts';
import { nameField, requireTenant } from './tenant-fields.ts';

/** All sources, or those of one tenant, by tenant and name. */
export const listSources = useCase(z.strictObject({ tenant: nameField.exactOptional() }), async (deps, { tenant }) => {
  if (tenant !== undefined) await requireTenant(deps, tenant);
  const found =
    tenant === undefined ? await sources.all(deps.table) : await sources.list(deps.table, `SOURCES#${tenant}`);
  return found.map((stored) => stored.value);
});
