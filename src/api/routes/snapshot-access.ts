import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { NotFoundError } from '../../domain/errors.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { getSnapshot } from '../../repository/chain.ts';
import type { ApiEnv } from '../api.ts';
import { assertSees } from '../caller.ts';

/** Id of a copy in a path. */
export const snapshotParam = z.object({
  snapshot: z.string().regex(/^[0-9a-f]{20}$/, { error: 'is no id of a snapshot' }),
});

/** The fault of a copy that does not exist, is another tenant's, or was erased. */
export function noSnapshot(id: string): NotFoundError {
  return new NotFoundError(`there is no snapshot ${id}`, {
    hint: 'The list of snapshots shows those that you may see.',
  });
}

/** A copy that the caller may see. @throws NotFoundError, in the same words for one that is another tenant's */
export async function seenSnapshot(c: Context<ApiEnv>, id: string): Promise<Snapshot> {
  const none = () => noSnapshot(id);
  const snapshot = await getSnapshot(c.get('deps'), id).catch((error: unknown) => {
    throw error instanceof NotFoundError ? none() : error;
  });
  assertSees(c.get('caller'), snapshot.tenant, none);
  return snapshot;
}
