import { z } from 'zod';
import { apiKeys } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { endNow, endsAlready, hasEnded, type MadeApiKey, replace, requireKey } from './api-keys.ts';
import { raiseAlert } from './raise-alert.ts';

/** What was done about a key in wrong hands. */
export interface LeakAnswer {
  /** Id of the key that takes its place. */
  successor: string;
  /** The successor itself, where it was made now; a key in its grace had one. */
  made?: MadeApiKey;
  /** The alert that stays open until somebody has looked what was done with the key. */
  alert: string;
  lastUsedAt?: string;
}

/**
 * The procedure for a key in wrong hands, in one step: it ends at once, a successor takes its place unless a rotation has made one,
 * the record says so, and the operator is told by an alert, which also says where to look for what was done with it.
 *
 * @throws NotFoundError; ConflictError for a key that has ended before
 */
export const answerLeakedKey = useCase(
  z.strictObject({ id: z.string(), actor: actorInput }),
  async (deps, { id, actor }): Promise<LeakAnswer> => {
    const stored = await requireKey(deps, id);
    const { value, version } = stored;
    if (hasEnded(deps, value)) throw endsAlready(value);
    const type = 'api-key-leaked';
    const made =
      value.successor === undefined
        ? await replace(deps, value, version, { actor: actor.kind, graceHours: 0, type })
        : undefined;
    const successor = made?.id ?? value.successor ?? '';
    if (made === undefined) await endNow(deps, stored, { type, actor: actor.kind, subjects: [id, successor] });
    const lastUsedAt = (await apiKeys.read(deps.table, id))?.value.lastUsedAt;
    const { id: alert } = await raiseAlert(deps, {
      kind: 'api-key-leaked',
      subject: id,
      ...(value.tenant === undefined ? {} : { tenant: value.tenant }),
      message: `The key ${id} was reported as leaked and has ended; ${successor} takes its place. ${
        lastUsedAt === undefined ? 'It was never used.' : `It was last used at ${lastUsedAt}.`
      } Look in the ledger for what its owner did since it leaked.`,
    });
    return {
      successor,
      ...(made === undefined ? {} : { made }),
      alert,
      ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    };
  },
);
