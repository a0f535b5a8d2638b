import type { Deps } from '../deps.ts';
import { type ApiKey, parseApiKey, refusalOf } from '../domain/api-key.ts';
import { apiKeys } from '../records.ts';
import { type AccessScope, accessScopes, type Caller } from './caller.ts';
import { TokenRefused, type tokenVerifier } from './tokens.ts';

/** What came of a credential: a caller, or why it does not hold, for the record. */
export type Authenticated = { caller: Caller } | { refused: string; credential: string };

/** Use is noted once in this many milliseconds. */
const noteUseMs = 3600_000;

/** Looks at the `Authorization` header (RFC 6750 §2.1). */
export async function authenticate(
  deps: Deps,
  verify: ReturnType<typeof tokenVerifier>,
  header: string | undefined,
): Promise<Authenticated | undefined> {
  if (header === undefined) return undefined;
  const [, credential] = /^Bearer ([A-Za-z0-9._~+/=-]{1,8192})$/i.exec(header) ?? [];
  if (credential === undefined) return { refused: 'no bearer credential', credential: 'unknown' };
  if (credential.startsWith('tnr_')) return await byKey(deps, credential);
  try {
    return { caller: await verify(credential, new Date(deps.clock.wall())) };
  } catch (error) {
    if (error instanceof TokenRefused) return { refused: error.message, credential: 'token' };
    throw error;
  }
}

async function byKey(deps: Deps, credential: string): Promise<Authenticated> {
  const presented = parseApiKey(credential);
  if (presented === undefined) return { refused: 'malformed key', credential: 'unknown' };
  const stored = await apiKeys.read(deps.table, presented.id);
  const now = new Date(deps.clock.wall()).toISOString();
  const refused = refusalOf(stored?.value, presented.secret, now);
  if (refused !== undefined || stored === undefined)
    return { refused: refused ?? 'unknown key', credential: presented.id };
  await noteUse(deps, stored.value, stored.version, now);
  return { caller: callerOf(stored.value) };
}

/** Best effort: of two that note at once one is enough. */
async function noteUse(deps: Deps, key: ApiKey, version: number, now: string): Promise<void> {
  if (key.lastUsedAt !== undefined && Date.parse(now) - Date.parse(key.lastUsedAt) < noteUseMs) return;
  await deps.table.transact([apiKeys.write({ ...key, lastUsedAt: now }, version)]).catch(() => undefined);
}

function callerOf({ id, owner, scopes, tenant }: ApiKey): Caller {
  return {
    id: owner,
    via: 'api-key',
    credential: id,
    scopes: new Set<AccessScope>(accessScopes.filter((scope) => scopes.includes(scope))),
    ...(tenant === undefined ? {} : { tenant }),
    mfa: false,
  };
}
