import { z } from 'zod';
import { apiKeys } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { type MadeApiKey, replace, requireOpenKey } from './api-keys.ts';
import { raiseAlert } from './raise-alert.ts';

/** What was done about a key in wrong hands. */
export interface LeakAnswer {
  made: MadeApiKey;
  /** The alert that stays open until somebody has looked what was done with the key. */
  alert: string;
  lastUsedAt?: string;
}

/**
 * The procedure for a key in wrong hands, in one step: it ends at once, a successor takes its place, the record says so, and the
 * operator is told by an alert, which also says where to look for what was done with it.
 *
 * @throws NotFoundError; ConflictError for a key that was ended before
 */
export const answerLeakedKey = useCase(
  z.strictObject({ id: z.string(), actor: actorInput }),
  async (deps, { id, actor }): Promise<LeakAnswer> => {
    const { value, version } = await requireOpenKey(deps, id);
    const made = await replace(deps, value, version, { actor, graceHours: 0, type: 'api-key-leaked' });
    const lastUsedAt = (await apiKeys.read(deps.table, id))?.value.lastUsedAt;
    const { id: alert } = await raiseAlert(deps, {
      kind: 'api-key-leaked',
      subject: id,
      ...(value.tenant === undefined ? {} : { tenant: value.tenant }),
      message: `The key ${id} was reported as leaked and has ended; ${made.id} takes its place. ${
        lastUsedAt === undefined ? 'It was never used.' : `It was last used at ${lastUsedAt}.`
      } Look in the ledger for what its owner did since it leaked.`,
    });
    return { made, alert, ...(lastUsedAt === undefined ? {} : { lastUsedAt }) };
  },
);
