import { hash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { ApiEnv } from './api.ts';
import { type Authenticated, authenticate } from './authenticate.ts';
import { networkOf } from './client-address.ts';
import { callerNotes } from './known-callers.ts';
import { sendProblem } from './problem.ts';
import { type Asker, rateLimiter, secondsLeft } from './rate-limit.ts';
import { type OidcSettings, tokenVerifier } from './tokens.ts';

/** Requests a minute. Who shows no credential that holds is told apart by address and gets less. */
export interface RateLimits {
  perCaller: number;
  perAddress: number;
}

/** A hundred clients with one key each, and a form that somebody fills in. */
const defaultLimits: RateLimits = { perCaller: 600, perAddress: 120 };

/** What it goes by. */
export interface Admission {
  oidc?: OidcSettings;
  limits?: RateLimits;
  /** Address of the client, as far as it is to be believed. */
  addressOf: (c: unknown) => string;
}

/**
 * Finds out who asks, and answers 429 with `Retry-After` (RFC 6585 §4) to who asks too often.
 *
 * A request is counted for its caller, or for its address when no credential of it holds: also when that could not be found out. What
 * an address that has used up its share shows is not looked at any more, for looking costs reads and requests at the provider; except
 * a credential that held before, so that nobody is kept out by others behind the same address.
 */
export function admit({ oidc, limits = defaultLimits, addressOf }: Admission): MiddlewareHandler<ApiEnv> {
  let verify: ReturnType<typeof tokenVerifier> | undefined;
  const limiter = rateLimiter();
  const held = heldBefore();
  const note = callerNotes();
  return async (c, next) => {
    const deps = c.get('deps');
    verify ??= tokenVerifier(deps.keys, oidc);
    const tooMany = ({ limit }: Asker) =>
      sendProblem(
        c,
        { status: 429, code: 'too-many-requests', detail: `the limit is ${limit} requests a minute` },
        { 'retry-after': String(secondsLeft(deps)) },
      );
    const shown = c.req.header('authorization');
    const address: Asker = { name: `address:${networkOf(addressOf(c))}`, limit: limits.perAddress };
    if (!held.has(shown) && limiter.isUsedUp(deps, address)) return tooMany(address);
    const found: Authenticated | { fault: unknown } | undefined = await authenticate(deps, verify, shown).catch(
      (fault: unknown) => ({ fault }),
    );
    const caller = found !== undefined && 'caller' in found ? found.caller : undefined;
    if (caller !== undefined) c.set('caller', caller);
    if (found !== undefined && 'refused' in found) c.set('refusedCredential', found.refused);
    if (found !== undefined && !('fault' in found)) held.note(shown, caller !== undefined);
    const asker = caller === undefined ? address : { name: `caller:${caller.id}`, limit: limits.perCaller };
    if (!(await limiter.take(deps, asker))) return tooMany(asker);
    if (found !== undefined && 'fault' in found) throw found.fault;
    if (caller !== undefined) await note(deps, caller);
    return await next();
  };
}

/** Remembers in this process which credentials held. They are verified every time all the same. */
function heldBefore() {
  const held = new Set<string>();
  const markOf = (shown: string) => hash('sha256', shown, 'base64url');
  return {
    has: (shown: string | undefined): boolean => shown !== undefined && held.has(markOf(shown)),
    note(shown: string | undefined, holds: boolean): void {
      if (shown === undefined) return;
      if (held.size > 10_000) held.clear();
      if (holds) held.add(markOf(shown));
      else held.delete(markOf(shown));
    },
  };
}
