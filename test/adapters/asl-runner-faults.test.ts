import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { aslRunner } from '../../src/adapters/embedded/asl-runner.ts';
import { UnavailableError } from '../../src/domain/errors.ts';
import type { Json, Table, Write } from '../../src/ports/table.ts';
import { fixedClock, memoryTable } from '../memory-ports.ts';
import { scratchFolder } from './scratch.ts';

const definitions = scratchFolder('faults');
const pass = (name: string, index: number) => [`${name}${index}`, { Type: 'Pass', Next: `${name}${index + 1}` }];
writeFileSync(
  join(definitions, 'erasure.asl.json'),
  JSON.stringify({
    StartAt: 'Work',
    States: {
      Work: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a definition
        Parameters: { FunctionName: '${WorkArn}', 'Payload.$': '$' },
        OutputPath: '$.Payload',
        Next: 'P0',
      },
      // Enough steps for several batches of history.
      ...Object.fromEntries(Array.from({ length: 60 }, (_, i) => pass('P', i))),
      P60: { Type: 'Pass', End: true },
    },
  }),
);

const name = 'erasure-c-1-1';
const writesTo = (writes: readonly Write[], pk: string) =>
  writes.some((write) => 'put' in write && write.put.pk.startsWith(pk));
const endsOne = (writes: readonly Write[]) =>
  writes.some((write) => 'put' in write && write.put.pk === 'EXECUTION#erasure' && write.put.index2 === undefined);
/** A process whose writes fail as `fault` says, or are held up after they were done. */
function oneProcess() {
  const rows = memoryTable();
  const clock = fixedClock('2026-03-02T10:00:00.000Z', { simulated: false });
  const state = {
    clock,
    ran: 0,
    writes: 0,
    work: async (): Promise<Json> => null,
    fault: (_writes: readonly Write[]): boolean => false,
    /** Happens between a write and its answer. */
    written: async (_writes: readonly Write[]): Promise<void> => undefined,
    /** Happens between a read and its answer. */
    read: async (): Promise<void> => undefined,
  };
  const table: Table = {
    ...rows,
    get: async (key) => {
      const row = await rows.get(key);
      await state.read();
      return row;
    },
    transact: async (writes) => {
      state.writes++;
      if (state.fault(writes)) throw new UnavailableError('catalog.db: another process is writing');
      await rows.transact(writes);
      await state.written(writes);
    },
  };
  const runner = aslRunner({
    table,
    clock,
    definitions,
    handler: async () => async () => {
      state.ran++;
      return await state.work();
    },
    holder: 'host:1:812345',
    holderAlive: (holder) => (holder === 'host:1:812345' ? true : undefined),
  });
  return Object.assign(state, { runner, table });
}

/** What nobody handles ends a process of Node. */
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
  process.off('unhandledRejection', note);
});
/** Lets everything happen that does not wait for more than so many milliseconds. */
const settle = async (ms = 0) => {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(ms);
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
};

describe('a write that fails', () => {
  test('at the end of an execution is tried again: the end is on record', async () => {
    const one = oneProcess();
    let left = 2;
    one.fault = (writes) => endsOne(writes) && left-- > 0;
    await one.runner.start('erasure', name, {});
    await settle(20_000);
    expect(await one.runner.describe('erasure', name)).toMatchObject({ status: 'succeeded', redrives: 0 });
    expect([one.ran, unhandled]).toEqual([1, []]);
  });

  test('is not tried again over the record of whoever took the execution over meanwhile', async () => {
    const one = oneProcess();
    one.fault = endsOne;
    await one.runner.start('erasure', name, {});
    await settle();
    const row = await one.table.get({ pk: 'EXECUTION#erasure', sk: name });
    const execution = { ...(row?.data.execution as object), redrives: 1 };
    one.fault = () => false;
    const index2 = { pk: 'RUNNING', sk: name };
    const taken = { pk: 'EXECUTION#erasure', sk: name, index2, data: { execution, holder: 'other:1:1' } };
    await one.table.transact([
      { put: taken },
      { put: { pk: 'PROCESSES', sk: 'other:1:1', data: { until: one.clock.wall() + 90_000 } } },
    ]);
    const ended = one.runner.finished('erasure', name);
    await settle(20_000);
    expect(await ended).toMatchObject({ status: 'running', redrives: 1 });
  });

  test('in the middle of a history fails no execution, and its events are written with the next', async () => {
    const one = oneProcess();
    let left = 1;
    one.fault = (writes) => writesTo(writes, 'HISTORY#') && left-- > 0;
    await one.runner.start('erasure', name, {});
    await settle();
    expect(await one.runner.describe('erasure', name)).toMatchObject({ status: 'succeeded' });
    const history = await one.runner.history('erasure', name);
    const entered = history.flatMap(({ type, state }) => (type === 'state-entered' ? [state] : []));
    expect(entered).toEqual(['Work', ...Array.from({ length: 61 }, (_, i) => `P${i}`)]);
    expect([history[0]?.type, history.at(-1)?.type]).toEqual(['execution-started', 'execution-ended']);
    expect(unhandled).toEqual([]);
  });

  test('for good leaves a history out, and the end is on record all the same', async () => {
    const one = oneProcess();
    one.fault = (writes) => writesTo(writes, 'HISTORY#');
    await one.runner.start('erasure', name, {});
    await settle();
    expect(await one.runner.describe('erasure', name)).toMatchObject({ status: 'succeeded' });
    expect(unhandled).toEqual([]);
  });
});

describe('an execution whose end cannot be put on record', () => {
  /** As it is when the disk was full for longer than the end is tried. */
  async function leftBehind() {
    const one = oneProcess();
    one.fault = endsOne;
    await one.runner.start('erasure', name, {});
    const told = one.runner.finished('erasure', name).catch((error: Error) => error.name);
    await settle(20_000);
    one.fault = () => false;
    return { one, told };
  }

  test('does not end the process: whoever waits for it is told, and it shows as left behind', async () => {
    const { one, told } = await leftBehind();
    expect(await told).toBe('UnavailableError');
    expect(unhandled).toEqual([]);
    expect(await one.runner.describe('erasure', name)).toMatchObject({ status: 'running', killed: true });
    expect(await one.runner.killed()).toMatchObject([{ name }]);
    await one.runner.idle();
  });

  test('is taken over by its own process at the next look', async () => {
    const { one } = await leftBehind();
    expect(await one.runner.redriveKilled()).toMatchObject([{ name, redrives: 1 }]);
    await settle();
    expect(await one.runner.describe('erasure', name)).toMatchObject({ status: 'succeeded', redrives: 1 });
    expect(await one.runner.redriveKilled()).toEqual([]);
    expect(one.ran).toBe(2);
  });

  test('is started again by whoever starts it under its name', async () => {
    const { one } = await leftBehind();
    expect(await one.runner.start('erasure', name, {})).toMatchObject({ status: 'running', redrives: 1 });
    await settle();
    expect(await one.runner.describe('erasure', name)).toMatchObject({ status: 'succeeded' });
  });

  test('gives no more signs of life', async () => {
    const { one } = await leftBehind();
    const before = one.writes;
    one.clock.pass(600_000);
    await settle(600_000);
    expect(one.writes).toBe(before);
  });

  test('is failed where it is the output that no record takes: it would be so each time', async () => {
    const one = oneProcess();
    one.work = async () => 'x'.repeat(200 * 1024);
    await one.runner.start('erasure', name, { padding: 'y'.repeat(100 * 1024) });
    await settle();
    const ended = await one.runner.describe('erasure', name);
    expect(ended).toMatchObject({ status: 'failed', error: { name: 'InvalidError' } });
    expect(unhandled).toEqual([]);
  });

  test('and that cannot be begun either is told of by what kept it from beginning', async () => {
    const one = oneProcess();
    one.fault = (writes) =>
      writes.some((write) => 'put' in write && write.put.pk === 'EXECUTION#audit' && write.when === 1);
    const told = one.runner.start('audit' as 'erasure', 'audit-1', {}).catch((error: Error) => error.message);
    await settle(20_000);
    expect(await told).toMatch(/ENOENT/);
    expect(await one.runner.killed()).toMatchObject([{ name: 'audit-1' }]);
    expect(unhandled).toEqual([]);
  });
});

test('what was taken over before the taking of another failed runs, and the other is taken at the next look', async () => {
  const one = oneProcess();
  one.fault = endsOne;
  for (const number of [1, 2]) await one.runner.start('erasure', `erasure-c-${number}-1`, {});
  await settle(20_000);
  let claims = 0;
  one.fault = (writes) => writesTo(writes, 'EXECUTION#erasure') && !endsOne(writes) && ++claims === 2;
  await expect(one.runner.redriveKilled()).rejects.toThrow(UnavailableError);
  await settle();
  expect(await one.runner.list({ status: 'succeeded' })).toHaveLength(1);
  expect(await one.runner.redriveKilled()).toHaveLength(1);
  await settle();
  expect(await one.runner.list({ status: 'succeeded' })).toHaveLength(2);
});

test('an execution that is on record and about to begin is not taken for dead by its own process', async () => {
  const one = oneProcess();
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  onTestFinished(open);
  one.written = async (writes) => {
    if (writesTo(writes, 'EXECUTION#erasure')) await opened;
  };
  const started = one.runner.start('erasure', name, {});
  await settle();
  expect(await one.runner.redriveKilled()).toEqual([]);
  expect(await one.runner.start('erasure', name, {})).toMatchObject({ status: 'running', redrives: 0 });
  expect(await one.runner.killed()).toEqual([]);
  open();
  await started;
  await settle();
  expect(await one.runner.describe('erasure', name)).toMatchObject({ status: 'succeeded', redrives: 0 });
  expect(one.ran).toBe(1);
});

test('an end that comes on record while it is looked at does not show as left behind', async () => {
  const one = oneProcess();
  let end = (_: Json): void => undefined;
  one.work = () =>
    new Promise<Json>((resolve) => {
      end = resolve;
    });
  await one.runner.start('erasure', name, {});
  await settle();
  one.read = async () => {
    one.read = async () => undefined;
    end(null);
    await settle();
  };
  expect(await one.runner.describe('erasure', name)).not.toHaveProperty('killed');
  expect(await one.runner.describe('erasure', name)).toMatchObject({ status: 'succeeded' });
});
