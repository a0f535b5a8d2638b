import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import { sources } from '../records.ts';
import { requireSource } from './source-fields.ts';
import { requireTenant } from './tenant-fields.ts';

/** What a filter names must exist: a mistyped name must not look like an empty list. @throws NotFoundError */
export async function requireScope(
  deps: Pick<Deps, 'table'>,
  { tenant, source }: { tenant?: string | undefined; source?: string | undefined },
): Promise<void> {
  if (tenant !== undefined) await requireTenant(deps, tenant);
  if (source === undefined) return;
  if (tenant !== undefined) {
    await requireSource(deps, tenant, source);
    return;
  }
  const all = await sources.all(deps.table);
  if (all.some(({ value }) => value.name === source)) return;
  throw new NotFoundError(`there is no source ${source}`, { hint: '`tenure source list` shows all sources.' });
}
