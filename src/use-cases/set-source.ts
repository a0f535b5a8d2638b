import { z } from 'zod';
import { ConflictError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { recordSource, refuseVault } from './add-source.ts';
import { otherLocations, requireSource, sourceFields } from './source-fields.ts';
import { requireTenant } from './tenant-fields.ts';

const input = z.strictObject({ source: sourceFields, actor: actorInput });

/** Replaces place and commands of a source; a place that is new is looked at like that of a new source. */
export const setSource = useCase(input, async (deps, { source: fields, actor }) => {
  const { value: tenant } = await requireTenant(deps, fields.tenant);
  const { value: before, version } = await requireSource(deps, fields.tenant, fields.name);
  if (before.status === 'erased') {
    throw new ConflictError(`source ${fields.tenant}/${fields.name} was erased`, { hint: 'Choose another name.' });
  }
  const source: Source = { ...fields, status: 'active', createdAt: before.createdAt };
  await deps.sourceDriver(source).verify(await otherLocations(deps, source));
  await refuseVault(deps, tenant, source);
  await recordSource(deps, tenant, source, 'source-changed', actor, version);
  return source;
});
