import { ConflictError } from '../../domain/errors.ts';
import { newestFirst } from '../../domain/execution-order.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Json, Row, Table, TableKey, Write } from '../../ports/table.ts';
import type { Execution, ExecutionFilter, HistoryEvent, Machine } from '../../ports/workflows.ts';
import type { ProcessLease } from './process-lease.ts';

/** As much of the local runner's event log as is recorded (its package does not export the type). */
interface NativeEvent {
  type: string;
  state?: { name: string };
  retry?: { attempt: number };
  Error?: string;
}

/** Events are written in batches of this many, so that a history costs few transactions. */
const batchSize = 40;

/** A list is read in portions of this many, so that a page of it does not cost what all executions of a year cost. */
const listPortion = 200;

const keyOf = (machine: Machine, name: string): TableKey => ({ pk: `EXECUTION#${machine}`, sk: name });
const historyPartition = (machine: Machine, name: string) => `HISTORY#${machine}/${name}`;

/** An execution that this process runs, with the version of its row: whoever takes it over writes the next one. */
export interface Held {
  execution: Execution;
  version: number;
}

/** Records of executions and their histories in the Table; who runs an execution is part of its row. */
export function executionRecords(options: { table: Table; clock: Clock; holder: string; lease: ProcessLease }) {
  const { table, clock, holder, lease } = options;

  const rowOf = (execution: Execution) => ({
    put: {
      ...keyOf(execution.machine, execution.name),
      data: { execution: execution as unknown as Json, holder },
      index1: { pk: 'EXECUTIONS', sk: `${execution.startedAt}#${execution.name}` },
      ...(execution.status === 'running' ? { index2: { pk: 'RUNNING', sk: execution.name } } : {}),
    },
  });

  /** @param unchanged fails where the process that had it has been heard of meanwhile */
  async function claim(row: Row, unchanged: readonly Write[]): Promise<Held | undefined> {
    const before = executionOf(row);
    const { output: _output, error: _error, endedAt: _endedAt, ...rest } = before;
    const execution: Execution = { ...rest, status: 'running', redrives: before.redrives + 1 };
    try {
      await lease.transact([{ ...rowOf(execution), when: row.version }, ...unchanged]);
      return { execution, version: row.version + 1 };
    } catch (error) {
      if (error instanceof ConflictError) return undefined;
      throw error;
    }
  }

  /** Whoever holds the execution, as far as it is under way. */
  const standing = async (row: Row) =>
    executionOf(row).status === 'running' ? await lease.standing(String(row.data.holder)) : undefined;

  /** The index nominates, a read of the row itself decides. */
  async function orphanRows(): Promise<{ row: Row; unchanged: readonly Write[] }[]> {
    const rows: { row: Row; unchanged: readonly Write[] }[] = [];
    for (const nominated of await table.queryIndex(2, 'RUNNING')) {
      const row = await table.get(nominated);
      const known = row === undefined ? undefined : await standing(row);
      if (row !== undefined && known?.alive === false) rows.push({ row, unchanged: known.unchanged });
    }
    return rows;
  }

  /** As it is on record, and whether anybody runs it. */
  async function shown(row: Row): Promise<Execution> {
    const known = await standing(row);
    return known?.alive === false ? { ...executionOf(row), killed: true } : executionOf(row);
  }

  return {
    /** Decides what a start means: a new execution, one that is under way or done, or one to start again. */
    async begin(
      machine: Machine,
      name: string,
      input: Json,
    ): Promise<(Held & { launch: true }) | { execution: Execution; launch: false }> {
      const row = await table.get(keyOf(machine, name));
      if (row === undefined) {
        const execution: Execution = { name, machine, status: 'running', input, startedAt: clock.now(), redrives: 0 };
        try {
          await lease.transact([{ ...rowOf(execution), when: 'absent' }]);
          return { execution, version: 1, launch: true };
        } catch (error) {
          if (!(error instanceof ConflictError)) throw error;
          return await this.begin(machine, name, input);
        }
      }
      const known = executionOf(row);
      const holds = await standing(row);
      if (holds?.alive === true || known.status === 'succeeded') return { execution: known, launch: false };
      const claimed = await claim(row, holds?.unchanged ?? []);
      return claimed === undefined ? { execution: known, launch: false } : { ...claimed, launch: true };
    },

    /** Whether this process still runs it, and nobody has taken it over. */
    async isHeld({ execution, version }: Held): Promise<boolean> {
      return (await table.get(keyOf(execution.machine, execution.name)))?.version === version;
    },

    /** Puts the end of an execution on record, unless it was taken over: its end is then another's. Answers what is on record. */
    async end({ execution, version }: Held): Promise<Execution> {
      try {
        await table.transact([{ ...rowOf(execution), when: version }]);
        return execution;
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        return (await this.describe(execution.machine, execution.name)) ?? execution;
      }
    },

    async describe(machine: Machine, name: string): Promise<Execution | undefined> {
      const row = await table.get(keyOf(machine, name));
      return row === undefined ? undefined : await shown(row);
    },

    async list({ machine, status, limit, before }: ExecutionFilter = {}): Promise<Execution[]> {
      const found: Execution[] = [];
      for (let place = before, rows = listPortion; rows === listPortion; ) {
        // The end of the range is exclusive, and two machines may have begun one name at one instant.
        const to = place === undefined ? {} : { to: `${place.startedAt}#${place.name}\0` };
        const portion = await table.queryIndex(1, 'EXECUTIONS', { reverse: true, limit: listPortion, ...to });
        for (const row of portion) {
          const execution = executionOf(row);
          if (place !== undefined && newestFirst(place, execution) >= 0) continue;
          place = execution;
          if (machine !== undefined && execution.machine !== machine) continue;
          if (status !== undefined && execution.status !== status) continue;
          if (found.push(await shown(row)) === limit) return found;
        }
        rows = portion.length;
      }
      return found;
    },

    async history(machine: Machine, name: string): Promise<HistoryEvent[]> {
      const rows = await table.query(historyPartition(machine, name));
      return rows.flatMap((row) => row.data.events as unknown as HistoryEvent[]);
    },

    /** Executions whose process is dead, as they are recorded. */
    async orphans(): Promise<Execution[]> {
      return (await orphanRows()).map(({ row }) => executionOf(row));
    },

    /** Takes over every execution whose process is dead. */
    async claimOrphans(): Promise<Held[]> {
      const claimed: Held[] = [];
      for (const { row, unchanged } of await orphanRows()) {
        const held = await claim(row, unchanged);
        if (held !== undefined) claimed.push(held);
      }
      await lease.forgetLapsed();
      return claimed;
    },

    /** Buffers events of one execution and writes them in order. */
    historyWriter(execution: Execution) {
      let pending: HistoryEvent[] = [];
      let batch = 0;
      let writing: Promise<void> = Promise.resolve();
      const flush = () => {
        if (pending.length === 0) return writing;
        const events = pending;
        pending = [];
        const sk = `${String(execution.redrives).padStart(4, '0')}-${String(batch++).padStart(6, '0')}`;
        writing = writing.then(() =>
          table.transact([
            {
              put: {
                pk: historyPartition(execution.machine, execution.name),
                sk,
                data: { events: events as unknown as Json },
              },
            },
          ]),
        );
        // A failed write shows at the last flush, which is awaited; until then it must not count as unhandled.
        writing.catch(() => undefined);
        return writing;
      };
      const add = (event: Omit<HistoryEvent, 'at'>) => {
        pending.push({ at: clock.now(), ...event });
        if (pending.length >= batchSize) void flush();
      };
      return { add, flush, addNative: (event: NativeEvent) => addNative(event, add) };
    },
  };
}

function addNative(event: NativeEvent, add: (event: Omit<HistoryEvent, 'at'>) => void): void {
  const state = event.state?.name;
  if (state === undefined) return;
  if (event.type === 'StateEntered') add({ type: 'state-entered', state });
  if (event.type === 'StateExited') add({ type: 'state-exited', state });
  // Names of errors only: a message may hold a path, and the run's own items keep messages where an erasure finds them.
  if (event.type === 'StateFailed') add({ type: 'state-failed', state, detail: event.Error ?? 'Error' });
  if (event.type === 'StateRetried') add({ type: 'state-failed', state, detail: `retry ${event.retry?.attempt ?? 0}` });
  if (event.type === 'StateCaught') add({ type: 'state-failed', state, detail: 'caught' });
}

function executionOf(row: Row): Execution {
  return row.data.execution as unknown as Execution;
}
