import { describe, expect, test } from 'vitest';
import { UnavailableError } from '../../src/domain/errors.ts';
import { handlerOf } from '../../src/handlers.ts';
import type { Json } from '../../src/ports/table.ts';
import { runRequests } from '../../src/records.ts';
import { showControls } from '../../src/use-cases/show-controls.ts';
import { copiesOf, openAlerts } from './checks.ts';
import { memoryHome, type TestProcess } from './memory-home.ts';

/** Calls a function as EventBridge Scheduler does. */
async function fire(process: TestProcess, functionName: string, input: Json): Promise<Json> {
  const answer = await (await handlerOf(functionName, process.deps))(input);
  await process.runner.idle();
  return answer;
}

/** What the placeholder <aws.scheduler.scheduled-time> becomes. */
const due = '2026-03-02T02:00:00Z';

describe('a schedule', () => {
  test('starts the run whose name says when it was due, however late it is delivered', async () => {
    const home = await memoryHome({ now: '2026-03-02T02:07:31.000Z' });
    await home.tenant('acme');
    await home.source('acme', 'files');
    const process = home.process();
    const event = { kind: 'backup', cadence: 'daily', scheduledAt: due };
    expect(await fire(process, 'StartRun', event)).toEqual({
      ...{ outcome: 'started', run: 'backup-daily-2026-03-02', machine: 'backup', status: 'running' },
    });
    const request = (await runRequests.read(home.table, 'backup-daily-2026-03-02'))?.value;
    expect(request).toMatchObject({ requestedBy: 'schedule', cadence: 'daily', scheduledAt: due });
    expect(await copiesOf(home, 'acme', 'files')).toHaveLength(1);
  });

  test('that is delivered twice starts one run', async () => {
    const home = await memoryHome({ now: '2026-03-02T02:00:00.000Z' });
    await home.tenant('acme');
    await home.source('acme', 'files');
    const process = home.process();
    const event = { kind: 'backup', cadence: 'daily', scheduledAt: due };
    await fire(process, 'StartRun', event);
    expect(await fire(home.process(), 'StartRun', event)).toMatchObject({
      run: 'backup-daily-2026-03-02',
      status: 'succeeded',
    });
    expect(await copiesOf(home, 'acme', 'files')).toHaveLength(1);
  });

  test.each([
    ['restore-test', 'restore-test', 'restore-test-2026-03-02'],
    ['expiry', 'expiry', 'expiry-2026-03-02T02'],
    ['audit', 'obsolescence-audit', 'audit-2026-03-02'],
    ['notice', 'notice', 'notice-2026-03-02T02'],
  ])('of the kind %s starts %s as %s', async (kind, machine, run) => {
    const process = (await memoryHome()).process();
    expect(await fire(process, 'StartRun', { kind, scheduledAt: due })).toMatchObject({
      outcome: 'started',
      machine,
      run,
    });
    expect(await process.runner.list()).toMatchObject([{ machine, name: run, status: 'succeeded' }]);
  });

  test('that somebody plays by hand is a run of its own each time', async () => {
    const process = (await memoryHome()).process();
    const first = await fire(process, 'StartRun', { kind: 'audit', requestedBy: 'olga' });
    const second = await fire(process, 'StartRun', { kind: 'audit', requestedBy: 'olga' });
    expect(first).toMatchObject({ run: expect.stringMatching(/^audit-manual-/) as string });
    expect((second as { run: string }).run).not.toBe((first as { run: string }).run);
  });

  test.each([
    ['an unknown kind', { kind: 'erasure', scheduledAt: due }],
    ['a placeholder that nobody replaced', { kind: 'backup', scheduledAt: '<aws.scheduler.scheduled-time>' }],
    ['a field that nobody knows', { kind: 'backup', scheduledAt: due, force: true }],
    ['no kind', { scheduledAt: due }],
    ['one tenant at a scheduled time', { kind: 'backup', scheduledAt: due, tenant: 'acme' }],
    ['nothing', null],
  ])('with %s is refused, and nothing is started', async (_, event) => {
    const process = (await memoryHome()).process();
    await expect(fire(process, 'StartRun', event as Json)).rejects.toMatchObject({
      name: expect.stringMatching(/^(?:Invalid|NotFound)Error$/) as string,
    });
    expect(await process.runner.list()).toEqual([]);
  });
});

describe('controls by schedule', () => {
  test('are evaluated, kept and alerted; the answer counts only', async () => {
    const home = await memoryHome({ now: '2026-03-02T10:00:00.000Z' });
    await home.tenant('acme');
    await home.source('acme', 'files');
    home.clock.moveTo('2026-03-09T10:00:00.000Z');
    const process = home.process();
    const answer = await fire(process, 'RunControls', { kind: 'controls', scheduledAt: '2026-03-09T10:00:00Z' });
    const report = await showControls.typed(process.deps, {});
    const failed = report.results.filter(({ status }) => status === 'fail').length;
    expect(failed).toBeGreaterThan(0);
    expect(answer).toEqual({ outcome: 'failed', at: report.at, failed, evaluated: report.results.length });
    expect((await openAlerts(home)).some((alert) => alert.startsWith('control-'))).toBe(true);
  });

  test('are left to the next time while nobody knows whether the catalog is behind its ledger', async () => {
    const home = await memoryHome();
    const away = home.process({
      change: (deps) => ({
        evidence: {
          ...deps.evidence,
          list: () => {
            throw new UnavailableError('the bucket does not answer');
          },
        },
      }),
    });
    await expect(fire(away, 'RunControls', {})).rejects.toMatchObject({ name: 'UnavailableError' });
    expect(await showControls.typed(home.process().deps, {}).catch((error: Error) => error.name)).toBe('NotFoundError');
  });
});
