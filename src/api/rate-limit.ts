import { hash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { Deps } from '../deps.ts';
import { ConflictError } from '../domain/errors.ts';
import { rateWindows } from '../records.ts';
import type { ApiEnv } from './api.ts';
import { sendProblem } from './problem.ts';

/** Requests a minute. Who shows no credential is told apart by address and gets less. */
export interface RateLimits {
  perCaller: number;
  perAddress: number;
}

const windowMs = 60_000;

/** Requests are taken from the Table in portions: a row per request would be the slowest part of most of them. */
const portion = 20;

/** One process's share of a window. */
interface Share {
  window: number;
  left: number;
  /** The window is used up. */
  empty: boolean;
  taking?: Promise<void>;
}

/**
 * Limits how often somebody may ask, with windows of a minute that all processes share through the Table. Answers 429 with
 * `Retry-After` (RFC 6585 §4).
 */
export function rateLimit(limits: RateLimits, addressOf: (c: unknown) => string): MiddlewareHandler<ApiEnv> {
  const shares = new Map<string, Share>();
  return async (c, next) => {
    const caller = c.get('caller');
    const who = hash('sha256', caller === undefined ? `address:${addressOf(c)}` : `caller:${caller.id}`, 'hex').slice(
      0,
      32,
    );
    const limit = caller === undefined ? limits.perAddress : limits.perCaller;
    const deps = c.get('deps');
    const now = deps.clock.wall();
    const window = Math.floor(now / windowMs);
    if (await take(deps, shares, { who, limit, window })) return await next();
    const seconds = Math.ceil(((window + 1) * windowMs - now) / 1000);
    return sendProblem(
      c,
      { status: 429, code: 'too-many-requests', detail: `the limit is ${limit} requests a minute` },
      { 'retry-after': String(seconds) },
    );
  };
}

async function take(
  deps: Deps,
  shares: Map<string, Share>,
  asked: { who: string; limit: number; window: number },
): Promise<boolean> {
  let share = shares.get(asked.who);
  if (share?.window !== asked.window) {
    share = { window: asked.window, left: 0, empty: false };
    if (shares.size > 10_000) shares.clear();
    shares.set(asked.who, share);
  }
  while (share.left === 0) {
    if (share.empty) return false;
    share.taking ??= reserve(deps, share, asked);
    await share.taking;
  }
  share.left -= 1;
  return true;
}

async function reserve(
  { table }: Deps,
  share: Share,
  { who, limit, window }: { who: string; limit: number; window: number },
): Promise<void> {
  try {
    for (let tries = 0; ; tries++) {
      const known = await rateWindows.read(table, who);
      const used = known?.value.window === window ? known.value.used : 0;
      const granted = Math.min(portion, limit - used);
      if (granted <= 0) {
        share.empty = true;
        return;
      }
      try {
        await table.transact([rateWindows.write({ who, window, used: used + granted }, known?.version ?? 'absent')]);
        share.left += granted;
        return;
      } catch (error) {
        if (!(error instanceof ConflictError) || tries === 20) throw error;
      }
    }
  } finally {
    delete share.taking;
  }
}
