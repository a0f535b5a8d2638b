import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Case } from '../../domain/case.ts';
import { NotFoundError } from '../../domain/errors.ts';
import { cases } from '../../records.ts';
import type { ApiEnv } from '../api.ts';
import { assertSees } from '../caller.ts';

/** Id of a case in a path. */
export const caseParam = z.object({
  case: z.string().regex(/^c-[0-9a-f]{10}$/, { error: 'is no id of a case' }),
});

/** The fault of a case that does not exist, or that the caller may not see. */
export function noCase(id: string): NotFoundError {
  return new NotFoundError(`there is no case ${id}`, { hint: 'The list of cases shows those that you may see.' });
}

/** A case that the caller may see. @throws NotFoundError, in the same words for one that is another tenant's */
export async function seenCase(c: Context<ApiEnv>, id: string): Promise<Case> {
  const value = (await cases.read(c.get('deps').table, id))?.value;
  if (value === undefined) throw noCase(id);
  assertSees(c.get('caller'), value.tenant, () => noCase(id));
  return value;
}
