import { z } from 'zod';
import { sources } from '../records.ts';
import { useCase } from '../use-case.ts';
import { nameField, requireTenant } from './tenant-fields.ts';

/** A tenant with its sources. */
export const showTenant = useCase(z.strictObject({ id: nameField }), async (deps, { id }) => {
  const { value: tenant } = await requireTenant(deps, id);
  const own = await sources.list(deps.table, `SOURCES#${id}`);
  return { tenant, sources: own.map((stored) => stored.value) };
});
