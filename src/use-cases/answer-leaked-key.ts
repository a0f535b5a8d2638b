import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Actor } from '../domain/case-events.ts';
import { apiKeys } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
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
    const { value, successor, made } = await untilUnchanged(async () => await end(deps, id, actor));
    const lastUsedAt = (await apiKeys.read(deps.table, id))?.value.lastUsedAt;
    const { id: alert } = await raiseAlert(deps, {
      kind: 'api-key-leaked',
      subject: id,
      ...(value.tenant === undefined ? {} : { tenant: value.tenant }),
      message: `The key ${id} was reported as leaked and has ended; ${successor} takes its place. ${
        lastUsedAt === undefined ? 'It was never used.' : `It was last used at ${lastUsedAt}.`
      } Look in the log of requests and in the ledger of the system for what was done under its owner's mark since it leaked.`,
    });
    return {
      successor,
      ...(made === undefined ? {} : { made }),
      alert,
      ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    };
  },
);

/** Ends a key that still lets in, and answers who takes its place. */
async function end(deps: Deps, id: string, actor: Actor) {
  const stored = await requireKey(deps, id);
  const { value, version } = stored;
  if (hasEnded(deps, value)) throw endsAlready(value);
  const type = 'api-key-leaked';
  if (value.successor === undefined) {
    const made = await replace(deps, value, version, { actor, graceHours: 0, type });
    return { value, successor: made.id, made };
  }
  await endNow(deps, stored, { type, actor, subjects: [id, value.successor] });
  return { value, successor: value.successor, made: undefined };
}
