import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
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

/** Callers are named by a digest: a subject may be somebody's mail address. */
export function callerMark(caller: Caller | undefined): string {
  return caller === undefined ? 'unknown' : `caller:${hash('sha256', caller.id, 'hex').slice(0, 20)}`;
}

/** Puts a refused attempt on record in the system's chain. Floods end at the rate limit, before they come here. */
export async function recordRefusal(deps: Deps, { requestId, route, why, caller }: Refusal): Promise<void> {
  await appendLedger(deps, {
    type: 'access-refused',
    actor: callerMark(caller),
    subjects: [
      `why:${why}`,
      `request:${requestId}`,
      `route:${route.replaceAll(/[^A-Za-z0-9:_./-]/g, '_')}`.slice(0, 200),
    ],
  });
}
