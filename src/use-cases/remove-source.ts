import { z } from 'zod';
import { ConflictError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { recordSource } from './add-source.ts';
import { settleAlert } from './raise-alert.ts';
import { requireSource } from './source-fields.ts';
import { nameField, requireTenant } from './tenant-fields.ts';

const input = z.strictObject({ tenant: nameField, name: nameField, actor: actorInput });

/** Ends the protection of a source: no more backups. Its copies stay until the plan lets them expire; nothing is erased. */
export const removeSource = useCase(input, async (deps, { tenant: id, name, actor }) => {
  const { value: tenant } = await requireTenant(deps, id);
  const { value: before, version } = await requireSource(deps, id, name);
  if (before.status === 'erased')
    throw new ConflictError(`source ${id}/${name} was erased`, { hint: 'Nothing of it is left.' });
  const source: Source = { ...before, status: 'removed' };
  if (before.status !== 'removed') await recordSource(deps, tenant, source, 'source-removed', actor, version);
  for (const kind of ['backup-failed', 'backup-incomplete'])
    await settleAlert(deps, kind, `${id}/${name}`, 'the source is not backed up any more');
  return source;
});
