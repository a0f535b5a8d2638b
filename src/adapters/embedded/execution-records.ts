import { ConflictError } from '../../domain/errors.ts';
import { newestFirst } from '../../domain/execution-order.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Json, Row, Table, TableKey, Write } from '../../ports/table.ts';
import type { Execution, ExecutionFilter, HistoryEvent, Machine } from '../../ports/workflows.ts';
import type { ProcessLease, Standing } from './process-lease.ts';

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

/** Begins in this process what is on record as run by it. */
type Launch = (held: Held) => Promise<void>;

/** An execution that nobody runs, and what must not change until it is taken over. */
export interface Orphan {
  execution: Execution;
  row: Row;
  /** Fails where the process that had it has been heard of meanwhile. */
  unchanged: readonly Write[];
}

/** Records of executions and their histories in the Table; who runs an execution is part of its row. */
export function executionRecords(options: {
  table: Table;
  clock: Clock;
  holder: string;
  lease: ProcessLease;
  /** Whether this process has it in memory. */
  isRun: (execution: Execution) => boolean;
}) {
  const { table, clock, holder, lease, isRun } = options;
  /** What is being put on record as run by this process; several may try at one name, and one of them wins. */
  const beginning = new Set<Execution>();
  const begins = ({ machine, name }: Execution): boolean =>
    [...beginning].some((other) => other.machine === machine && other.name === name);

  const rowOf = (execution: Execution) => ({
    put: {
      ...keyOf(execution.machine, execution.name),
      data: { execution: execution as unknown as Json, holder },
      index1: { pk: 'EXECUTIONS', sk: `${execution.startedAt}#${execution.name}` },
      ...(execution.status === 'running' ? { index2: { pk: 'RUNNING', sk: execution.name } } : {}),
    },
  });

  /** Puts it on record as run by this process, then launches it; in between nobody here takes it for dead. */
  async function take(held: Held, writes: readonly Write[], launch: Launch): Promise<boolean> {
    beginning.add(held.execution);
    try {
      try {
        await lease.transact(writes);
      } catch (error) {
        if (error instanceof ConflictError) return false;
        throw error;
      }
      await launch(held);
      return true;
    } finally {
      beginning.delete(held.execution);
    }
  }

  async function claim({ execution: before, row, unchanged }: Orphan, launch: Launch): Promise<Execution | undefined> {
    const { output: _output, error: _error, endedAt: _endedAt, ...rest } = before;
    const execution: Execution = { ...rest, status: 'running', redrives: before.redrives + 1 };
    const writes = [{ ...rowOf(execution), when: row.version }, ...unchanged];
    return (await take({ execution, version: row.version + 1 }, writes, launch)) ? execution : undefined;
  }

  /** Whoever holds the execution, as far as it is under way. */
  async function standing(row: Row): Promise<Standing | undefined> {
    const execution = executionOf(row);
    if (execution.status !== 'running') return undefined;
    if (row.data.holder !== holder) return await lease.standing(String(row.data.holder));
    if (isRun(execution) || begins(execution)) return { alive: true };
    // This process lives, but has let go of it: its end came on record since the row was read, or never could.
    const now = await table.get(row);
    return now?.version === row.version ? { alive: false, unchanged: [] } : { alive: true };
  }

  /** As it is on record, and whether anybody runs it. */
  async function shown(row: Row): Promise<Execution> {
    const known = await standing(row);
    return known?.alive === false ? { ...executionOf(row), killed: true } : executionOf(row);
  }

  return {
    /** Decides what a start means: a new execution, one that is under way or done, or one to start again. */
    async begin(machine: Machine, name: string, input: Json, launch: Launch): Promise<Execution> {
      const row = await table.get(keyOf(machine, name));
      if (row === undefined) {
        const execution: Execution = { name, machine, status: 'running', input, startedAt: clock.now(), redrives: 0 };
        const writes = [{ ...rowOf(execution), when: 'absent' as const }];
        if (await take({ execution, version: 1 }, writes, launch)) return execution;
        return await this.begin(machine, name, input, launch);
      }
      const known = executionOf(row);
      const holds = await standing(row);
      if (holds?.alive === true || known.status === 'succeeded') return known;
      return (await claim({ execution: known, row, unchanged: holds?.unchanged ?? [] }, launch)) ?? known;
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

    /** Executions that nobody runs any more, as they are recorded. The index nominates, a read of the row itself decides. */
    async orphans(): Promise<Orphan[]> {
      const found: Orphan[] = [];
      for (const nominated of await table.queryIndex(2, 'RUNNING')) {
        const row = await table.get(nominated);
        const known = row === undefined ? undefined : await standing(row);
        if (row === undefined || known?.alive !== false) continue;
        found.push({ execution: executionOf(row), row, unchanged: known.unchanged });
      }
      return found;
    },

    /** Takes an orphan over and launches it, unless another process was faster, or the one that had it was heard of. */
    claim,

    /**
     * Buffers events of one execution and writes them in order. A write that fails fails nothing else: its events stay in the
     * buffer and go with the next batch, or with the next flush.
     */
    historyWriter(execution: Execution) {
      const pending: HistoryEvent[] = [];
      let added = 0;
      let batch = 0;
      let writing: Promise<void> = Promise.resolve();
      const write = async (least: number) => {
        while (pending.length >= least) {
          const events = pending.slice(0, batchSize);
          const sk = `${String(execution.redrives).padStart(4, '0')}-${String(batch).padStart(6, '0')}`;
          const pk = historyPartition(execution.machine, execution.name);
          await table.transact([{ put: { pk, sk, data: { events: events as unknown as Json } } }]);
          batch++;
          pending.splice(0, events.length);
        }
      };
      const flush = (least = 1): Promise<void> => {
        writing = writing.then(async () => await write(least)).catch(() => undefined);
        return writing;
      };
      const add = (event: Omit<HistoryEvent, 'at'>) => {
        pending.push({ at: clock.now(), ...event });
        if (++added % batchSize === 0) void flush(batchSize);
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
