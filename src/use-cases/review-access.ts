import { z } from 'zod';
import { apiKeys, knownCallers } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorMark } from './actor-mark.ts';

/** One line of the review: a key that somebody holds, or a person or machine that came in with a token. */
export interface AccessLine {
  who: string;
  /** As entries of the ledger's system chain and the log name them, behind their role: `operator:…`, `caller:…`. */
  mark?: string;
  by: 'api-key' | 'token';
  /** Id of the key. */
  key?: string;
  scopes: string[];
  tenant?: string;
  /** `open`: could come in now. `unknown`: a token's issuer decides. */
  state: 'open' | 'expired' | 'revoked' | 'unknown';
  /** When a key ends. */
  until?: string;
  lastUsedAt?: string;
}

/**
 * Who could do what over HTTP, and when they last did, for the review that ISO 27001 A.5.18 and SOC 2 CC6.2 ask for. Keys that were
 * never used stand there too: those are the ones to end. The mark of each leads to what it did in the ledger, and to its refused attempts.
 */
export const reviewAccess = useCase(z.strictObject({}), async (deps): Promise<AccessLine[]> => {
  const now = new Date(deps.clock.wall()).toISOString();
  const keys = (await apiKeys.list(deps.table, 'API-KEYS')).map(
    ({ value: { id, owner, scopes, tenant, expiresAt, revokedAt, lastUsedAt } }): AccessLine => {
      const isRevoked = revokedAt !== undefined && revokedAt <= now;
      return {
        who: owner,
        by: 'api-key',
        key: id,
        scopes,
        state: isRevoked ? 'revoked' : expiresAt <= now ? 'expired' : 'open',
        until: revokedAt ?? expiresAt,
        ...(tenant === undefined ? {} : { tenant }),
        ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
      };
    },
  );
  const persons = (await knownCallers.list(deps.table, 'CALLERS'))
    .filter(({ value }) => value.via === 'token')
    .map(
      ({ value: { id, scopes, tenant, lastAt } }): AccessLine => ({
        who: id,
        by: 'token',
        scopes,
        state: 'unknown',
        lastUsedAt: lastAt,
        ...(tenant === undefined ? {} : { tenant }),
      }),
    );
  const lines = [...keys, ...persons].sort((a, b) => (a.who < b.who ? -1 : a.who > b.who ? 1 : 0));
  return await Promise.all(
    lines.map(async ({ who, ...line }) => {
      const mark = await actorMark(deps, { id: who, tenant: line.tenant });
      return { who, ...(mark === undefined ? {} : { mark }), ...line };
    }),
  );
});
