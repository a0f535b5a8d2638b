import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { ConflictError } from '../domain/errors.ts';
import { rateWindows } from '../records.ts';

const windowMs = 60_000;

/** Requests are taken from the Table in portions: a row per request would be the slowest part of most of them. */
const portion = 20;

/** Who asks, and how often a minute they may. */
export interface Asker {
  /** `caller:` or `address:` and who that is; the Table has a digest of it. */
  name: string;
  limit: number;
}

/** Limits how often somebody may ask, with windows of a minute that all processes share through the Table. */
export interface RateLimiter {
  /** Takes one request from the asker's window; false: it is used up. */
  take(deps: Deps, asker: Asker): Promise<boolean>;
  /** True where this process has seen that the window is used up. Asks nobody. */
  isUsedUp(deps: Deps, asker: Asker): boolean;
}

/** One process's share of a window. */
interface Share {
  window: number;
  left: number;
  /** The window is used up. */
  empty: boolean;
  taking?: Promise<void>;
}

/** Makes one for a process. */
export function rateLimiter(): RateLimiter {
  const shares = new Map<string, Share>();
  return {
    async take(deps, { name, limit }) {
      const who = digestOf(name);
      const window = windowNow(deps);
      let share = shares.get(who);
      if (share?.window !== window) {
        share = { window, left: 0, empty: false };
        // What was reserved and not used is lost with it, and nothing is won: what was granted stands in the Table.
        if (shares.size > 10_000) shares.clear();
        shares.set(who, share);
      }
      while (share.left === 0) {
        if (share.empty) return false;
        share.taking ??= reserve(deps, share, { who, limit, window });
        await share.taking;
      }
      share.left -= 1;
      return true;
    },
    isUsedUp(deps, { name }) {
      const share = shares.get(digestOf(name));
      return share !== undefined && share.window === windowNow(deps) && share.empty && share.left === 0;
    },
  };
}

/** Seconds until the window ends. */
export function secondsLeft({ clock }: Deps): number {
  const now = clock.wall();
  return Math.ceil(((Math.floor(now / windowMs) + 1) * windowMs - now) / 1000);
}

function windowNow({ clock }: Deps): number {
  return Math.floor(clock.wall() / windowMs);
}

function digestOf(name: string): string {
  return hash('sha256', name, 'hex').slice(0, 32);
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
