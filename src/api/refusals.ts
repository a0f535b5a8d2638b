import type { Context } from 'hono';
import type { Deps } from '../deps.ts';
import { type Acting, actorName } from '../use-cases/actor-mark.ts';
import { appendLedger } from '../use-cases/append-ledger.ts';
import type { ApiEnv } from './api.ts';
import type { Caller } from './caller.ts';

/** Why an attempt was refused. */
export type RefusalReason = 'no-credential' | 'credential' | 'scope' | 'mfa' | 'other-tenant' | 'link' | 'form';

/** Alike refusals (one reason, one caller or none) of a minute that get an entry each; those that follow are counted. */
const mostSingly = 10;

/** Refused attempts of one process, on their way into the ledger. */
export interface Refusals {
  record(deps: Deps, refusal: { why: RefusalReason; actor: Acting | 'unknown'; origin: string[] }): Promise<void>;
  /** Puts on record what was counted in minutes that are over. Called with every request: a function has no other time. */
  settle(deps: Deps): Promise<void>;
}

/** Alike refusals within a minute. */
interface Tally {
  minute: number;
  why: RefusalReason;
  actor: Acting | 'unknown';
  singly: number;
  counted: number;
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

/** Puts a refused attempt on record in the system's chain. */
export async function recordRefusal(c: Context<ApiEnv>, why: RefusalReason): Promise<void> {
  const { deps, refusals, requestId, route, caller } = c.var;
  const origin = [`request:${requestId}`, `route:${route.replaceAll(/[^A-Za-z0-9:_./-]/g, '_')}`.slice(0, 200)];
  const actor = caller === undefined ? 'unknown' : { kind: 'caller', id: caller.id, tenant: caller.tenant };
  await refusals.record(deps, { why, actor, origin });
}

/**
 * Makes what records the refusals of a process. Entries stay for ever, so a flood must not become as many: after the first ones of a
 * minute, the last of which says `more:counted`, alike ones become one entry with their number when the minute is over. A
 * process that ends before loses the number, not that there were more.
 */
export function makeRefusals(): Refusals {
  const tallies = new Map<string, Tally>();
  const settle = async (deps: Deps): Promise<void> => {
    for (const [key, tally] of tallies) {
      if (tally.minute === minuteOf(deps)) continue;
      // Before the entry is written, so that of two requests only one writes it.
      tallies.delete(key);
      if (tally.counted > 0) await append(deps, tally, countOf(tally)).catch(() => tallies.set(key, tally));
    }
  };
  return {
    settle,
    async record(deps, { why, actor, origin }) {
      const minute = minuteOf(deps);
      const key = JSON.stringify([minute, actor, why]);
      const tally = tallies.get(key) ?? { minute, why, actor, singly: 0, counted: 0 };
      tallies.set(key, tally);
      if (tally.singly === mostSingly) {
        tally.counted += 1;
        return;
      }
      tally.singly += 1;
      await append(deps, tally, tally.singly === mostSingly ? [...origin, 'more:counted'] : origin);
    },
  };
}

function minuteOf({ clock }: Deps): number {
  return Math.floor(clock.wall() / 60_000);
}

function countOf({ minute, counted }: Tally): string[] {
  return [`count:${counted}`, `minute:${new Date(minute * 60_000).toISOString()}`];
}

async function append(deps: Deps, { why, actor }: Tally, subjects: string[]): Promise<unknown> {
  return await appendLedger(deps, { type: 'access-refused', actor, subjects: [`why:${why}`, ...subjects] });
}
