import { ConflictError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Table, Write } from '../../ports/table.ts';

/** How long a process of another host is taken to be at work without a sign of life, in milliseconds. */
const leaseMs = 90_000;

/** How often a process that runs executions gives one, in milliseconds: two may fail, and clocks may be a minute apart. */
export const signOfLifeMs = 30_000;

const partition = 'PROCESSES';

/** What is known of a process, and the write that fails once it has given another sign of life. */
export type Standing = { alive: true } | { alive: false; unchanged: readonly Write[] };

/**
 * The lease of a process that runs executions: one row, which says until when it is at work unless it is heard of again. On
 * the same host a process is asked for by its id; of another host, a container that was replaced say, there is only this. It
 * goes by the machine's clock, in a simulated home too.
 */
export function processLease(options: {
  table: Table;
  clock: Pick<Clock, 'wall'>;
  holder: string;
  holderAlive: (holder: string) => boolean | undefined;
}) {
  const { table, clock, holder } = options;
  let until = 0;

  async function give(writes: readonly Write[]): Promise<void> {
    const next = clock.wall() + leaseMs;
    await table.transact([...writes, { put: { pk: partition, sk: holder, data: { until: next } } }]);
    until = next;
  }

  return {
    /** Makes the writes, and the lease with them unless it was renewed just now: nothing is on record as run by a process without one. */
    async transact(writes: readonly Write[]): Promise<void> {
      if (clock.wall() + leaseMs - until < signOfLifeMs) await table.transact(writes);
      else await give(writes);
    },

    /** A sign of life. */
    renew: async (): Promise<void> => await give([]),

    /** Whether others may take this process for dead: it stood still for longer than its lease, or could not write. */
    lapsed: (): boolean => clock.wall() > until,

    /** What is known of another process. */
    async standing(other: string): Promise<Standing> {
      const known = options.holderAlive(other);
      if (known === true) return { alive: true };
      if (known === false) return { alive: false, unchanged: [] };
      const key = { pk: partition, sk: other };
      const row = await table.get(key);
      if (row !== undefined && Number(row.data.until) >= clock.wall()) return { alive: true };
      return { alive: false, unchanged: [{ check: key, when: row?.version ?? 'absent' }] };
    },

    /** Removes what processes left that did not end by themselves: a lapsed lease says as much as none. */
    async forgetLapsed(): Promise<void> {
      for (const { pk, sk, version, data } of await table.query(partition)) {
        if (Number(data.until) >= clock.wall()) continue;
        try {
          await table.transact([{ delete: { pk, sk }, when: version }]);
        } catch (error) {
          // It was renewed meanwhile, or another process was faster.
          if (!(error instanceof ConflictError)) throw error;
        }
      }
    },

    /** Gives the lease back. Repeatable. */
    async release(): Promise<void> {
      if (until === 0) return;
      until = 0;
      await table.transact([{ delete: { pk: partition, sk: holder } }]);
    },
  };
}

export type ProcessLease = ReturnType<typeof processLease>;
