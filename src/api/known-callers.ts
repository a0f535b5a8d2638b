import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { knownCallers, tenants } from '../records.ts';
import type { Caller } from './caller.ts';

/** Noted once in this many milliseconds: a write for every request would cost more than it tells. */
const noteMs = 3600_000;

/** Notes who comes in, for the review of accesses. What this process has noted lately it does not look up again. */
export function callerNotes(): (deps: Deps, caller: Caller) => Promise<void> {
  const noted = new Map<string, number>();
  return async ({ table, clock }, { id, via, scopes, tenant }) => {
    const now = clock.wall();
    const key = hash('sha256', `${via}\n${id}`, 'hex');
    if (now - (noted.get(key) ?? 0) < noteMs) return;
    if (noted.size > 10_000) noted.clear();
    noted.set(key, now);
    // An erased tenant's caller may still follow the end of a request, and is named nowhere again.
    if (tenant !== undefined && (await tenants.read(table, tenant))?.value.status === 'erased') return;
    const at = new Date(now).toISOString();
    const known = await knownCallers.read(table, key);
    const note = { id, via, scopes: [...scopes].sort(), ...(tenant === undefined ? {} : { tenant }) };
    const write = knownCallers.write({ key, ...note, firstAt: known?.value.firstAt ?? at, lastAt: at });
    await table.transact([write]);
  };
}
