import type { Deps } from '../deps.ts';
import { actorName } from '../use-cases/actor-mark.ts';
import { appendLedger } from '../use-cases/append-ledger.ts';
import type { Caller } from './caller.ts';

/** An attempt that was refused. */
export interface Refusal {
  requestId: string;
  /** Path of the route with the names of its parameters. */
  route: string;
  why: 'no-credential' | 'credential' | 'scope' | 'mfa' | 'other-tenant' | 'link' | 'form';
  caller?: Caller;
}

/**
 * Makes what names callers in the log, as the ledger does. What this process has named it does not look up the key for again: a line
 * is written for every request.
 */
export function callerNames(): (deps: Deps, caller: Caller | undefined) => Promise<string> {
  const named = new Map<string, string>();
  return async (deps, caller) => {
    if (caller === undefined) return 'unknown';
    const { id, tenant } = caller;
    const who = JSON.stringify([id, tenant]);
    const known = named.get(who);
    if (known !== undefined) return known;
    // A line of the log is no reason to fail a request that was answered.
    const name = await actorName(deps, { kind: 'caller', id, tenant }).catch(() => 'caller');
    if (named.size > 10_000) named.clear();
    if (name !== 'caller') named.set(who, name);
    return name;
  };
}

/** Puts a refused attempt on record in the system's chain. Floods end at the rate limit, before they come here. */
export async function recordRefusal(deps: Deps, { requestId, route, why, caller }: Refusal): Promise<void> {
  await appendLedger(deps, {
    type: 'access-refused',
    actor: caller === undefined ? 'unknown' : { kind: 'caller', id: caller.id, tenant: caller.tenant },
    subjects: [
      `why:${why}`,
      `request:${requestId}`,
      `route:${route.replaceAll(/[^A-Za-z0-9:_./-]/g, '_')}`.slice(0, 200),
    ],
  });
}
