import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { InvalidError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/ports/table.ts';
import { runRequests } from '../../src/records.ts';
import { dieAfter, failing } from './checks.ts';
import { type Around, type MemoryHome, memoryHome, type TestProcess } from './memory-home.ts';

/** An audit of no tenants: the shortest execution there is. */
async function ask(home: MemoryHome, name: string): Promise<Json> {
  await home.table.transact([runRequests.write({ run: name, scheduledAt: home.clock.now(), requestedBy: 'test' })]);
  return { run: name, page: 0 };
}

/** A gate in front of one function. */
function gateAt(functionName: string): { around: Around; open: () => void; reached: Promise<void> } {
  let open: () => void = () => undefined;
  let reach: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return {
    open: () => open(),
    reached,
    around: async (name, _event, call) => {
      if (name === functionName) {
        reach();
        await opened;
      }
      return await call();
    },
  };
}

async function functionsCalled(process: TestProcess, name: string): Promise<string[]> {
  const history = await process.runner.history('obsolescence-audit', name);
  return history.filter(({ type }) => type === 'state-entered').map(({ state = '' }) => state);
}

describe('the runner', () => {
  test('records an execution from its start to its end, with its history in order', async () => {
    const home = await memoryHome();
    await home.tenant('acme');
    const process = home.process();
    const started = await process.runner.start('obsolescence-audit', 'audit-1', await ask(home, 'audit-1'));
    expect(started).toEqual({
      ...{ name: 'audit-1', machine: 'obsolescence-audit', status: 'running', redrives: 0 },
      ...{ input: { run: 'audit-1', page: 0 }, startedAt: home.clock.now() },
    });
    const ended = await process.runner.finished('obsolescence-audit', 'audit-1');
    expect(ended).toMatchObject({ status: 'succeeded', endedAt: home.clock.now(), redrives: 0 });
    expect(await process.runner.describe('obsolescence-audit', 'audit-1')).toEqual(ended);
    const history = await process.runner.history('obsolescence-audit', 'audit-1');
    expect(history[0]).toMatchObject({ type: 'execution-started' });
    expect(history.at(-1)).toMatchObject({ type: 'execution-ended', detail: 'succeeded' });
    expect(await functionsCalled(process, 'audit-1')).toEqual([
      ...['SelectAuditTenants', 'ForEachTenant', 'AuditTenant', 'TenantDone'],
      ...['MoreTenants', 'SummariseAudit', 'RunDone'],
    ]);
  });

  test('starts nothing under a name that runs or has succeeded', async () => {
    const home = await memoryHome();
    const gate = gateAt('SelectAuditTenants');
    let calls = 0;
    const process = home.process({
      around: async (name, event, call, self) => {
        calls++;
        return await gate.around(name, event, call, self);
      },
    });
    const input = await ask(home, 'audit-1');
    await process.runner.start('obsolescence-audit', 'audit-1', input);
    await gate.reached;
    expect((await process.runner.start('obsolescence-audit', 'audit-1', input)).status).toBe('running');
    const other = home.process();
    expect((await other.runner.start('obsolescence-audit', 'audit-1', input)).status).toBe('running');
    await other.runner.idle();
    gate.open();
    await process.runner.idle();
    const before = calls;
    expect((await process.runner.start('obsolescence-audit', 'audit-1', input)).status).toBe('succeeded');
    await process.runner.idle();
    expect(calls).toBe(before);
    expect((await functionsCalled(process, 'audit-1')).filter((name) => name === 'SummariseAudit')).toHaveLength(1);
  });

  test('starts one execution when two processes start the same name at the same time', async () => {
    const home = await memoryHome();
    const [one, two] = [home.process(), home.process()];
    const input = await ask(home, 'audit-1');
    await Promise.all([one, two].map(async ({ runner }) => await runner.start('obsolescence-audit', 'audit-1', input)));
    await Promise.all([one.runner.idle(), two.runner.idle()]);
    expect((await functionsCalled(one, 'audit-1')).filter((name) => name === 'SummariseAudit')).toHaveLength(1);
  });

  test('starts a failed execution again from its beginning, and keeps both histories', async () => {
    const home = await memoryHome();
    const broken = home.process({ around: failing('SummariseAudit', () => new InvalidError('broken')) });
    const input = await ask(home, 'audit-1');
    await broken.runner.start('obsolescence-audit', 'audit-1', input);
    const failed = await broken.runner.finished('obsolescence-audit', 'audit-1');
    expect(failed).toMatchObject({ status: 'failed', error: { name: 'RunFault' } });
    const whole = home.process();
    await whole.runner.start('obsolescence-audit', 'audit-1', input);
    const ended = await whole.runner.finished('obsolescence-audit', 'audit-1');
    expect(ended).toMatchObject({ status: 'succeeded', redrives: 1 });
    expect(ended.error).toBeUndefined();
    const types = (await whole.runner.history('obsolescence-audit', 'audit-1')).map(({ type, detail }) =>
      type.startsWith('execution') ? [type, detail ?? ''].join(' ').trim() : '',
    );
    expect(types.filter((type) => type !== '')).toEqual([
      ...['execution-started', 'execution-ended failed: RunFault'],
      ...['execution-redriven', 'execution-ended succeeded'],
    ]);
  });

  test('takes a killed execution over once, even when two processes try', async () => {
    const home = await memoryHome();
    const killed = home.process({ around: dieAfter('SelectAuditTenants') });
    await killed.runner.start('obsolescence-audit', 'audit-1', await ask(home, 'audit-1'));
    await killed.died;
    const heirs = [home.process(), home.process(), home.process()];
    expect(await heirs[0]?.runner.killed()).toMatchObject([{ name: 'audit-1', status: 'running', redrives: 0 }]);
    const taken = await Promise.all(heirs.map(async (heir) => await heir.redrive()));
    expect(taken.flat().map(({ name, redrives }) => [name, redrives])).toEqual([['audit-1', 1]]);
    expect(await heirs[0]?.runner.describe('obsolescence-audit', 'audit-1')).toMatchObject({ status: 'succeeded' });
    expect(await heirs[1]?.redrive()).toEqual([]);
    expect(await heirs[1]?.runner.killed()).toEqual([]);
  });

  test('leaves alone what a living process runs', async () => {
    const home = await memoryHome();
    const gate = gateAt('SelectAuditTenants');
    const busy = home.process({ around: gate.around });
    await busy.runner.start('obsolescence-audit', 'audit-1', await ask(home, 'audit-1'));
    await gate.reached;
    expect(await home.process().redrive()).toEqual([]);
    gate.open();
    expect(await busy.runner.finished('obsolescence-audit', 'audit-1')).toMatchObject({ status: 'succeeded' });
  });

  test('stops an execution: no further state is entered, the record says why, and it may be started again', async () => {
    const home = await memoryHome();
    await home.tenant('acme');
    const gate = gateAt('AuditTenant');
    const process = home.process({ around: gate.around });
    const input = await ask(home, 'audit-1');
    await process.runner.start('obsolescence-audit', 'audit-1', input);
    await gate.reached;
    await expect(home.process().runner.stop('obsolescence-audit', 'audit-1', 'not mine')).rejects.toThrow(
      /does not run in this process/,
    );
    await process.runner.stop('obsolescence-audit', 'audit-1', 'enough');
    const stopped = await process.runner.finished('obsolescence-audit', 'audit-1');
    expect(stopped).toMatchObject({ status: 'stopped', error: { name: 'Stopped', message: 'enough' } });
    gate.open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await process.runner.describe('obsolescence-audit', 'audit-1')).toEqual(stopped);
    expect(await functionsCalled(process, 'audit-1')).not.toContain('SummariseAudit');
    const again = home.process();
    await again.runner.start('obsolescence-audit', 'audit-1', input);
    expect(await again.runner.finished('obsolescence-audit', 'audit-1')).toMatchObject({ status: 'succeeded' });
  });

  test('waits for a step however long it takes: only Lambda ends a function after 15 minutes', async () => {
    const home = await memoryHome();
    await home.tenant('acme');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const gate = gateAt('AuditTenant');
    let calls = 0;
    const process = home.process({
      around: async (name, event, call, self) => {
        if (name === 'AuditTenant') calls++;
        return await gate.around(name, event, call, self);
      },
    });
    await process.runner.start('obsolescence-audit', 'audit-1', await ask(home, 'audit-1'));
    await gate.reached;
    await vi.advanceTimersByTimeAsync(6 * 3_600_000);
    gate.open();
    expect(await process.runner.finished('obsolescence-audit', 'audit-1')).toMatchObject({ status: 'succeeded' });
    expect(calls).toBe(1);
  });

  test('lists executions newest first, by machine and status', async () => {
    const home = await memoryHome();
    const process = home.process();
    for (const [day, kind] of (['audit', 'expiry', 'audit'] as const).entries()) {
      home.clock.moveTo(`2026-04-0${day + 1}T00:00:00.000Z`);
      await process.run(kind);
    }
    const all = await process.runner.list();
    expect(all.map(({ machine }) => machine)).toEqual(['obsolescence-audit', 'expiry', 'obsolescence-audit']);
    expect(all.map(({ startedAt }) => startedAt.slice(8, 10))).toEqual(['03', '02', '01']);
    expect(await process.runner.list({ machine: 'expiry' })).toHaveLength(1);
    expect(await process.runner.list({ status: 'failed' })).toEqual([]);
    expect(await process.runner.list({ limit: 2 })).toHaveLength(2);
  });

  test('answers undefined for a name that it does not know, and refuses to wait for it', async () => {
    const { runner } = (await memoryHome()).process();
    expect(await runner.describe('backup', 'nothing')).toBeUndefined();
    expect(await runner.history('backup', 'nothing')).toEqual([]);
    await expect(runner.finished('backup', 'nothing')).rejects.toThrow(/no execution nothing/);
  });

  test('gives up a step that answers more than states may pass on', async () => {
    const home = await memoryHome();
    const process = home.process({
      around: async (name, _event, call) =>
        name === 'SelectAuditTenants'
          ? { outcome: 'last', items: [], nextPage: 1, more: 'x'.repeat(300_000) }
          : await call(),
    });
    const report = await process.run('audit');
    expect(report).toMatchObject({ outcome: 'failed', fault: { name: 'States.DataLimitExceeded' } });
  });
});
