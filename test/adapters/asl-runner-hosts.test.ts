import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type AslRunner, aslRunner } from '../../src/adapters/embedded/asl-runner.ts';
import type { Json, Table } from '../../src/ports/table.ts';
import { fixedClock, memoryTable } from '../memory-ports.ts';
import { scratchFolder } from './scratch.ts';

const definitions = scratchFolder('steps');
const task = (name: string, next: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: `\${${name}Arn}`, 'Payload.$': '$' },
  ResultPath: null,
  ...next,
});
writeFileSync(
  join(definitions, 'erasure.asl.json'),
  JSON.stringify({
    StartAt: 'First',
    States: { First: task('First', { Next: 'Second' }), Second: task('Second', { End: true }) },
  }),
);

type Steps = Partial<Record<string, () => Promise<void>>>;

/** A home that containers of several names share: none can look for the processes of another. */
function sharedHome() {
  const clock = fixedClock('2026-03-02T10:00:00.000Z', { simulated: false });
  const rows = memoryTable();
  let writes = 0;
  const counted: Table = {
    ...rows,
    transact: async (all) => {
      writes++;
      await rows.transact(all);
    },
  };
  return {
    clock,
    rows,
    writes: () => writes,
    /** A container that runs executions; `steps` happen in place of what a step does. */
    container(host: string, steps: Steps = {}, table: Table = counted): AslRunner & { ran: string[] } {
      const ran: string[] = [];
      const runner = aslRunner({
        table,
        clock,
        definitions,
        handler: async (name) => async (): Promise<Json> => {
          ran.push(name);
          await steps[name]?.();
          return null;
        },
        holder: `${host}:1:812345`,
        holderAlive: (holder) => (holder.startsWith(`${host}:`) ? true : undefined),
      });
      return { ...runner, ran };
    },
    leases: () => [...rows.rows.values()].filter(({ pk }) => pk === 'PROCESSES').map(({ sk }) => sk),
  };
}

const name = 'erasure-c-1-1';
const never = () => new Promise<void>(() => undefined);
const redrivenBy = async (runner: AslRunner) => (await runner.redriveKilled()).map((execution) => execution.name);

/** Something that a step waits for. */
function gate() {
  let open = (): void => undefined;
  let reach = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const step = async () => {
    reach();
    await opened;
  };
  return { step, open, reached };
}

describe('an execution of a container that was replaced', () => {
  test('is left alone while its lease lasts, then taken over once', async () => {
    const home = sharedHome();
    const killed = gate();
    await home.container('4f2a91c0de77', { First: killed.step }).start('erasure', name, {});
    await killed.reached;
    const heir = home.container('b81e2203aa10');
    home.clock.pass(80_000);
    expect(await redrivenBy(heir)).toEqual([]);
    expect(await heir.describe('erasure', name)).not.toHaveProperty('killed');
    home.clock.pass(11_000);
    expect(await heir.describe('erasure', name)).toMatchObject({ status: 'running', killed: true });
    expect(await heir.list({ status: 'running' })).toMatchObject([{ name, killed: true }]);
    expect(await redrivenBy(heir)).toEqual([name]);
    expect(await redrivenBy(home.container('c9'))).toEqual([]);
    expect(await heir.finished('erasure', name)).toMatchObject({ status: 'succeeded', redrives: 1 });
    expect(await heir.describe('erasure', name)).not.toHaveProperty('killed');
  });

  test('is started again by whoever starts it under its name', async () => {
    const home = sharedHome();
    await home.container('old', { First: never }).start('erasure', name, {});
    const heir = home.container('new');
    expect(await heir.start('erasure', name, {})).toMatchObject({ redrives: 0 });
    home.clock.pass(91_000);
    expect(await heir.start('erasure', name, {})).toMatchObject({ status: 'running', redrives: 1 });
    expect(await heir.finished('erasure', name)).toMatchObject({ status: 'succeeded' });
  });

  test('is taken over also where it was left before there were leases', async () => {
    const home = sharedHome();
    await home.container('old', { First: never }).start('erasure', name, {});
    await home.rows.transact([{ delete: { pk: 'PROCESSES', sk: 'old:1:812345' } }]);
    expect(await redrivenBy(home.container('new'))).toEqual([name]);
  });

  test('stays with it when it is heard of between the look at its lease and the taking', async () => {
    const home = sharedHome();
    const paused = gate();
    const second = gate();
    const first = home.container('first', { First: paused.step, Second: second.step });
    await first.start('erasure', name, {});
    await paused.reached;
    home.clock.pass(91_000);
    let wakes = true;
    const heir = home.container(
      'second',
      {},
      {
        ...home.rows,
        transact: async (writes) => {
          if (wakes) {
            wakes = false;
            // Its step has ended, and before the next one it gives a sign of life.
            paused.open();
            await second.reached;
          }
          await home.rows.transact(writes);
        },
      },
    );
    expect(await redrivenBy(heir)).toEqual([]);
    second.open();
    await first.finished('erasure', name);
    expect([first.ran, heir.ran]).toEqual([['First', 'Second'], []]);
    expect(await heir.describe('erasure', name)).toMatchObject({ status: 'succeeded', redrives: 0 });
  });
});

describe('a process that stood still for longer than its lease', () => {
  test('enters no further step beside its successor, and does not write over its record', async () => {
    const home = sharedHome();
    const paused = gate();
    const slow = gate();
    const zombie = home.container('first', { First: paused.step });
    await zombie.start('erasure', name, {});
    await paused.reached;
    home.clock.pass(91_000);
    const heir = home.container('second', { First: slow.step });
    expect(await redrivenBy(heir)).toEqual([name]);
    await slow.reached;
    paused.open();
    // What it waits for is the execution, which goes on in the other process.
    expect(await zombie.finished('erasure', name)).toMatchObject({ status: 'running', redrives: 1 });
    expect(zombie.ran).toEqual(['First']);
    slow.open();
    expect(await heir.finished('erasure', name)).toMatchObject({ status: 'succeeded', redrives: 1 });
    expect(heir.ran).toEqual(['First', 'Second']);
    expect(await zombie.describe('erasure', name)).toMatchObject({ status: 'succeeded', redrives: 1 });
    const ends = (await heir.history('erasure', name)).filter(({ type }) => type === 'execution-ended');
    expect(ends.map(({ detail }) => detail)).toEqual(['stopped: TakenOver', 'succeeded']);
  });

  test('does not end its successor’s execution with its own last step', async () => {
    const home = sharedHome();
    const paused = gate();
    const slow = gate();
    const zombie = home.container('first', { Second: paused.step });
    await zombie.start('erasure', name, {});
    await paused.reached;
    home.clock.pass(91_000);
    const heir = home.container('second', { First: slow.step });
    await redrivenBy(heir);
    paused.open();
    expect(await zombie.finished('erasure', name)).toMatchObject({ status: 'running', redrives: 1 });
    slow.open();
    expect(await heir.finished('erasure', name)).toMatchObject({ status: 'succeeded', redrives: 1 });
  });
});

describe('the lease of a process', () => {
  test('is renewed while it runs something, by one write in half a minute, and given back at its end', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const home = sharedHome();
    const long = gate();
    const runner = home.container('first', { First: long.step });
    await runner.start('erasure', name, {});
    await long.reached;
    const before = home.writes();
    for (let minutes = 0; minutes < 10; minutes += 0.5) {
      home.clock.pass(30_000);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(await redrivenBy(home.container('second'))).toEqual([]);
    }
    expect(home.writes() - before).toBe(20);
    long.open();
    await runner.finished('erasure', name);
    const idle = home.writes();
    home.clock.pass(600_000);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(home.writes()).toBe(idle);
    await runner.close();
    expect(home.leases()).toEqual([]);
  });

  test('is taken with the first of many executions that begin together', async () => {
    const home = sharedHome();
    const runner = home.container('first');
    await runner.start('erasure', 'erasure-c-0-1', {});
    const [lease] = home.leases();
    await Promise.all(Array.from({ length: 20 }, (_, i) => runner.start('erasure', `erasure-c-${i + 1}-1`, {})));
    await runner.idle();
    expect(home.rows.rows.get(JSON.stringify(['PROCESSES', lease]))?.version).toBe(1);
  });

  test('goes when it has lapsed, with the next look for killed executions', async () => {
    const home = sharedHome();
    await home.container('old', { First: never }).start('erasure', name, {});
    home.clock.pass(91_000);
    const heir = home.container('new');
    await heir.redriveKilled();
    expect(home.leases()).toEqual(['new:1:812345']);
    await heir.close();
    expect(home.leases()).toEqual([]);
  });
});

test('an execution that cannot be begun keeps no other from being taken over, and does not look as if it ran', async () => {
  const home = sharedHome();
  const killed = home.container('old', { First: never });
  await killed.start('erasure', name, {});
  // Its definition is gone.
  await home.rows.transact([
    {
      put: {
        ...{ pk: 'EXECUTION#audit', sk: 'audit-1', index2: { pk: 'RUNNING', sk: 'audit-1' } },
        data: {
          holder: 'old:1:812345',
          execution: { name: 'audit-1', machine: 'audit', status: 'running', input: {}, redrives: 0, startedAt: '' },
        },
      },
    },
  ]);
  home.clock.pass(91_000);
  const heir = home.container('new');
  expect(await redrivenBy(heir)).toEqual(['audit-1', name]);
  expect(await heir.finished('erasure', name)).toMatchObject({ status: 'succeeded' });
  expect(await heir.describe('audit' as 'erasure', 'audit-1')).toMatchObject({ status: 'failed', redrives: 1 });
});
