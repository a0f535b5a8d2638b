import { describe, expect, it } from 'vitest';
import type { Execution, Machine, Workflows } from '../../src/ports/workflows.ts';

/**
 * Workflows under test over machines of these definitions, and no executions yet:
 * `backup` passes its input on and succeeds, `expiry` ends in the Fail state `Broken` with the error `RunFault`, `notice` waits
 * for an hour.
 */
export interface WorkflowsUnderTest {
  workflows: Workflows;
}

/** The definitions that the suite runs, for every machine of the port. */
export const exampleDefinitions: Record<Machine, object> = {
  backup: passing(),
  'restore-test': passing(),
  expiry: {
    StartAt: 'Look',
    States: {
      Look: { Type: 'Pass', Next: 'Broken' },
      Broken: { Type: 'Fail', Error: 'RunFault', Cause: 'a step failed' },
    },
  },
  'obsolescence-audit': passing(),
  notice: {
    StartAt: 'WaitForHour',
    States: { WaitForHour: { Type: 'Wait', Seconds: 3600, Next: 'Done' }, Done: { Type: 'Succeed' } },
  },
  erasure: passing(),
  'take-out': passing(),
};

function passing(): object {
  return { StartAt: 'Look', States: { Look: { Type: 'Pass', Next: 'Done' }, Done: { Type: 'Succeed' } } };
}

/** Polls until the execution has ended; the test's own limit ends the waiting. */
async function ended(workflows: Workflows, machine: Machine, name: string): Promise<Execution> {
  for (;;) {
    const execution = await workflows.describe(machine, name);
    if (execution !== undefined && execution.status !== 'running') return execution;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * What every `Workflows` must do. `open` gives fresh ones each time.
 *
 * @param options.skip titles of cases that what stands behind an adapter cannot pass, each with the reason
 */
export function describeWorkflows(
  name: string,
  open: () => Promise<WorkflowsUnderTest>,
  { skip = {} }: { skip?: Record<string, string> } = {},
): void {
  const test = (title: string, run: () => Promise<void>) => {
    const reason = skip[title];
    if (reason === undefined) it(title, run);
    else it.skip(`${title} (${reason})`, run);
  };

  describe(`${name} keeps the contract of Workflows`, () => {
    test('runs a machine to its end and tells input, output and times', async () => {
      const { workflows } = await open();
      const input = { run: 'backup-1', page: 0, words: ['ñ', '😀'] };
      const started = await workflows.start('backup', 'backup-1', input);
      expect(started).toMatchObject({ name: 'backup-1', machine: 'backup', status: 'running', input, redrives: 0 });
      expect(new Date(started.startedAt).toISOString()).toBe(started.startedAt);
      const done = await ended(workflows, 'backup', 'backup-1');
      expect(done).toMatchObject({ name: 'backup-1', machine: 'backup', status: 'succeeded', input, redrives: 0 });
      expect(done.output).toEqual(input);
      expect(done.error).toBeUndefined();
      expect(Date.parse(done.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(done.startedAt));
    });

    test('answers undefined and no history for a name that nobody knows', async () => {
      const { workflows } = await open();
      expect(await workflows.describe('backup', 'nothing')).toBeUndefined();
      expect(await workflows.history('backup', 'nothing')).toEqual([]);
      expect(await workflows.list()).toEqual([]);
    });

    test('starts nothing under a name that runs', async () => {
      const { workflows } = await open();
      const first = await workflows.start('notice', 'notice-1', { run: 'notice-1' });
      for (const input of [{ run: 'notice-1' }, { run: 'other' }]) {
        const again = await workflows.start('notice', 'notice-1', input);
        expect(again).toMatchObject({ status: 'running', startedAt: first.startedAt, redrives: 0 });
      }
      expect(await workflows.list({ machine: 'notice' })).toHaveLength(1);
      await workflows.stop('notice', 'notice-1', 'the test is over');
    });

    test('starts nothing under a name that has succeeded', async () => {
      const { workflows } = await open();
      await workflows.start('backup', 'backup-1', { run: 'backup-1' });
      const done = await ended(workflows, 'backup', 'backup-1');
      expect(await workflows.start('backup', 'backup-1', { run: 'backup-1' })).toEqual(done);
      expect(await workflows.list({ machine: 'backup' })).toHaveLength(1);
    });

    test('keeps the names of machines apart', async () => {
      const { workflows } = await open();
      await workflows.start('backup', 'same', { run: 'a' });
      expect(await workflows.describe('erasure', 'same')).toBeUndefined();
      await workflows.start('erasure', 'same', { run: 'b' });
      expect((await ended(workflows, 'backup', 'same')).input).toEqual({ run: 'a' });
      expect((await ended(workflows, 'erasure', 'same')).input).toEqual({ run: 'b' });
    });

    test('tells why an execution failed', async () => {
      const { workflows } = await open();
      await workflows.start('expiry', 'expiry-1', { run: 'expiry-1' });
      const failed = await ended(workflows, 'expiry', 'expiry-1');
      expect(failed).toMatchObject({ status: 'failed', error: { name: 'RunFault', message: 'a step failed' } });
      expect(failed.output).toBeUndefined();
    });

    test('starts a failed execution again, and shows it as one with both histories', async () => {
      const { workflows } = await open();
      const input = { run: 'expiry-1', page: 0 };
      const { startedAt } = await workflows.start('expiry', 'expiry-1', input);
      await ended(workflows, 'expiry', 'expiry-1');
      for (const redrives of [1, 2]) {
        const again = await workflows.start('expiry', 'expiry-1', input);
        expect(again).toMatchObject({ name: 'expiry-1', status: 'running', input, redrives, startedAt });
        expect(again.error).toBeUndefined();
        const failed = await ended(workflows, 'expiry', 'expiry-1');
        expect(failed).toMatchObject({ name: 'expiry-1', status: 'failed', redrives, startedAt });
      }
      expect(await workflows.list()).toMatchObject([{ name: 'expiry-1', status: 'failed', redrives: 2 }]);
      const history = await workflows.history('expiry', 'expiry-1');
      expect(history.filter(({ type }) => type.startsWith('execution')).map(({ type }) => type)).toEqual([
        ...['execution-started', 'execution-ended', 'execution-redriven', 'execution-ended'],
        ...['execution-redriven', 'execution-ended'],
      ]);
    });

    test('starts one execution when many start the same name at the same time', async () => {
      const { workflows } = await open();
      const input = { run: 'backup-1' };
      const all = await Promise.all([1, 2, 3, 4].map(async () => await workflows.start('backup', 'backup-1', input)));
      await ended(workflows, 'backup', 'backup-1');
      expect(new Set(all.map(({ name: each }) => each))).toEqual(new Set(['backup-1']));
      const history = await workflows.history('backup', 'backup-1');
      expect(history.filter(({ type }) => type === 'execution-started')).toHaveLength(1);
      expect(history.filter(({ type }) => type === 'execution-redriven')).toHaveLength(0);
    });

    test('tells the history oldest first: which states, how it ended, and nothing of what they carried', async () => {
      const { workflows } = await open();
      await workflows.start('expiry', 'expiry-1', { run: 'expiry-1', secret: 'Ana Núñez' });
      await ended(workflows, 'expiry', 'expiry-1');
      const history = await workflows.history('expiry', 'expiry-1');
      expect(history[0]).toMatchObject({ type: 'execution-started' });
      expect(history.at(-1)).toMatchObject({ type: 'execution-ended', detail: 'failed: RunFault' });
      expect(history.filter(({ type }) => type === 'state-entered').map(({ state }) => state)).toEqual([
        'Look',
        'Broken',
      ]);
      expect(history.filter(({ type }) => type === 'state-exited').map(({ state }) => state)).toContain('Look');
      expect(history.map(({ at }) => at)).toEqual(history.map(({ at }) => at).toSorted());
      expect(JSON.stringify(history)).not.toContain('Ana');
    });

    test('lists newest first, by machine, by status, and no more than asked', async () => {
      const { workflows } = await open();
      const names: [Machine, string][] = [
        ['backup', 'backup-1'],
        ['expiry', 'expiry-1'],
        ['backup', 'backup-2'],
        ['notice', 'notice-1'],
      ];
      for (const [machine, each] of names) {
        await workflows.start(machine, each, { run: each });
        if (machine !== 'notice') await ended(workflows, machine, each);
        // Emulators keep times to the millisecond, or to the second.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const listed = async (filter?: Parameters<Workflows['list']>[0]) =>
        (await workflows.list(filter)).map((each) => each.name);
      expect(await listed()).toEqual(['notice-1', 'backup-2', 'expiry-1', 'backup-1']);
      expect(await listed({ machine: 'backup' })).toEqual(['backup-2', 'backup-1']);
      expect(await listed({ status: 'succeeded' })).toEqual(['backup-2', 'backup-1']);
      expect(await listed({ status: 'failed' })).toEqual(['expiry-1']);
      expect(await listed({ status: 'running' })).toEqual(['notice-1']);
      expect(await listed({ status: 'stopped' })).toEqual([]);
      expect(await listed({ limit: 2 })).toEqual(['notice-1', 'backup-2']);
      expect(await listed({ machine: 'backup', limit: 1 })).toEqual(['backup-2']);
      const { startedAt, ...place } = (await workflows.list({ limit: 2 }))[1] as Execution;
      const before = { startedAt, name: place.name, machine: place.machine };
      expect(await listed({ before })).toEqual(['expiry-1', 'backup-1']);
      expect(await listed({ before, limit: 1 })).toEqual(['expiry-1']);
      expect(await listed({ before, machine: 'backup' })).toEqual(['backup-1']);
      expect(await listed({ before: { ...before, startedAt: '2000-01-01T00:00:00.000Z' } })).toEqual([]);
      expect((await workflows.list({ machine: 'expiry' }))[0]?.input).toEqual({ run: 'expiry-1' });
      await workflows.stop('notice', 'notice-1', 'the test is over');
    });

    test('stops what runs, once, and starts it again when it is asked to', async () => {
      const { workflows } = await open();
      await workflows.start('notice', 'notice-1', { run: 'notice-1' });
      await workflows.stop('notice', 'notice-1', 'enough for today');
      const stopped = await ended(workflows, 'notice', 'notice-1');
      expect(stopped).toMatchObject({ status: 'stopped', error: { name: 'Stopped' } });
      expect((await workflows.history('notice', 'notice-1')).at(-1)).toMatchObject({
        type: 'execution-ended',
        detail: 'stopped: Stopped',
      });
      await expect(workflows.stop('notice', 'notice-1', 'again')).rejects.toMatchObject({ name: 'ConflictError' });
      expect(await workflows.start('notice', 'notice-1', { run: 'notice-1' })).toMatchObject({
        status: 'running',
        redrives: 1,
      });
      expect(await workflows.list({ status: 'running' })).toMatchObject([{ name: 'notice-1', redrives: 1 }]);
      await workflows.stop('notice', 'notice-1', 'the test is over');
    });

    test('tells for what reason an execution was stopped', async () => {
      const { workflows } = await open();
      await workflows.start('notice', 'notice-1', { run: 'notice-1' });
      await workflows.stop('notice', 'notice-1', 'enough for today');
      expect((await ended(workflows, 'notice', 'notice-1')).error?.message).toBe('enough for today');
    });

    test('refuses to stop what has ended or never was', async () => {
      const { workflows } = await open();
      await workflows.start('backup', 'backup-1', {});
      await ended(workflows, 'backup', 'backup-1');
      await expect(workflows.stop('backup', 'backup-1', 'late')).rejects.toMatchObject({ name: 'ConflictError' });
      await expect(workflows.stop('backup', 'nothing', 'x')).rejects.toMatchObject({ name: 'ConflictError' });
    });

    test('refuses names that cannot be one, and those that are kept for later attempts; nothing is started', async () => {
      const { workflows } = await open();
      for (const bad of ['', 'a b', 'a/b', 'a:b', 'a.r2', 'ñ', 'x'.repeat(81), 'backup-1-r2', 'backup-1-r10']) {
        await expect(workflows.start('backup', bad, {}), bad).rejects.toMatchObject({ name: 'InvalidError' });
      }
      expect(await workflows.list()).toEqual([]);
      for (const good of ['x'.repeat(80), 'A_b-9', 'backup-r1', 'backup-r2-daily']) {
        expect((await workflows.start('backup', good, {})).name).toBe(good);
        expect((await ended(workflows, 'backup', good)).status).toBe('succeeded');
      }
    });
  });
}
