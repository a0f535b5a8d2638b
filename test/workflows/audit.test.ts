import { mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definitionOf, tasksOf } from '../../src/adapters/embedded/asl-definitions.ts';
import { addDays } from '../../src/domain/calendar.ts';
import { UnavailableError } from '../../src/domain/errors.ts';
import { findings, sources } from '../../src/records.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { dieAfter, failing, itemOfEvent, openAlerts, twice, twins } from './checks.ts';
import { caseOf } from './erasure-life.ts';
import { type MemoryHome, memoryHome, operator } from './memory-home.ts';

const firstDay = '2026-03-02T10:00:00.000Z';
const definitions = join(import.meta.dirname, '../../state-machines');

/** Two tenants; of `acme` one source has not been touched for over a year, one is gone for over 30 days. */
async function withObsolete(): Promise<MemoryHome> {
  const home = await memoryHome({ now: firstDay });
  await home.tenant('acme');
  await home.tenant('zeta');
  const old = await home.source('acme', 'archive', { 'a.txt': 'old' });
  for (const path of ['a.txt', '']) utimesSync(join(old, path), new Date('2024-01-01'), new Date('2024-01-01'));
  const gone = await home.source('acme', 'gone');
  await home.source('zeta', 'files');
  await home.process().run('backup');
  rmSync(gone, { recursive: true });
  home.clock.moveTo(addDays(firstDay, 31));
  return home;
}

async function found(home: MemoryHome) {
  return (await findings.list(home.table, 'FINDINGS')).map(({ value }) => value);
}

/** What `withObsolete` has to show, however the run went. */
async function expectFound(home: MemoryHome): Promise<void> {
  const all = await found(home);
  expect(all.map(({ rule, scope, status }) => `${scope.tenant}/${scope.source} ${rule} ${status}`).sort()).toEqual([
    ...['acme/archive unmodified open', 'acme/gone source-missing open'],
  ]);
  expect(await openAlerts(home)).toEqual([
    ...['obsolete-data acme/archive unmodified', 'obsolete-data acme/gone source-missing'],
  ]);
  await home.expectLedgerWhole();
}

describe('an audit', () => {
  test('lists what the plan calls obsolete, with the reason, and asks an operator; it decides nothing', async () => {
    const home = await withObsolete();
    const report = await home.process().run('audit');
    expect(report).toMatchObject({ outcome: 'ok', counts: { done: 2, findings: 2 } });
    await expectFound(home);
    expect((await found(home)).find(({ rule }) => rule === 'unmodified')?.reason).toContain('rule: 365 days');
    expect(home.mailer.sent.map(({ to }) => to.address)).toEqual(['olga@keeper.example', 'olga@keeper.example']);
  });

  test('repeated finds the same and asks nobody again; what was triaged stays triaged', async () => {
    const home = await withObsolete();
    await home.process().run('audit');
    const opened = await openCase.typed(home.process().deps, {
      ...{ tenant: 'acme', source: 'archive', reason: 'obsolete', actor: operator },
    });
    expect(await openAlerts(home)).toEqual(['obsolete-data acme/gone source-missing']);
    home.clock.moveTo(addDays(firstDay, 32));
    await home.process().run('audit');
    const all = await found(home);
    expect(all).toHaveLength(2);
    expect(all.find(({ rule }) => rule === 'unmodified')).toMatchObject({ status: 'case-opened', caseId: opened.id });
    expect((await caseOf(home, opened.id)).reason).toBe('obsolete');
    expect(home.mailer.sent.filter(({ to }) => to.address === 'olga@keeper.example')).toHaveLength(2);
  });

  test('that finds something no more closes its alert', async () => {
    const home = await withObsolete();
    await home.process().run('audit');
    const [gone] = (await sources.list(home.table, 'SOURCES#acme')).filter(({ value }) => value.name === 'gone');
    mkdirSync(gone?.value.location ?? '');
    await home.process().run('audit');
    expect(await openAlerts(home)).toEqual(['obsolete-data acme/archive unmodified']);
  });

  test('of one tenant only looks at that one', async () => {
    const home = await withObsolete();
    await home.process().run('audit');
    expect((await home.process().run('audit', { tenant: 'zeta' })).counts).toEqual({ done: 1, findings: 0 });
    expect(await openAlerts(home)).toHaveLength(2);
  });

  test('that fails for one tenant goes on with the others, and counts what was not done as failed', async () => {
    const home = await withObsolete();
    const broken = home.process({
      around: async (name, event, call) => {
        if (name === 'AuditTenant' && itemOfEvent(event) === 1) throw new Error('broken');
        return await call();
      },
    });
    const report = await broken.run('audit');
    expect(report.execution.status).toBe('succeeded');
    expect(report).toMatchObject({ outcome: 'failed', counts: { done: 1, failed: 1 } });
    await expectFound(home);
    const lost = home.process({
      around: async (name, event, call) =>
        name === 'AuditTenant' && itemOfEvent(event) === 1 ? { outcome: 'audited' } : await call(),
    });
    expect(await lost.run('audit')).toMatchObject({ outcome: 'failed', counts: { done: 1, failed: 1 } });
  });

  test.each([
    ['twice', twice],
    ['by two at the same time', twins],
  ])('may have every step done %s', async (_how, around) => {
    const home = await withObsolete();
    expect((await home.process({ around }).run('audit')).outcome).toBe('ok');
    await expectFound(home);
  });

  test('tries again when something does not answer', async () => {
    const home = await withObsolete();
    const process = home.process({ around: failing('AuditTenant', () => new UnavailableError('no answer'), 3) });
    expect((await process.run('audit')).outcome).toBe('ok');
    await expectFound(home);
  });

  const steps = tasksOf(definitionOf('obsolescence-audit', definitions)).map(({ functionName }) => functionName);
  const onTheGoodPath = [...new Set(steps)].filter((name) => name !== 'RecordFault');

  test.each(onTheGoodPath)('may be killed after %s: the next process finishes it', async (step) => {
    const home = await withObsolete();
    expect(await home.process({ around: dieAfter(step) }).runOrDie('audit')).toBe('died');
    expect(await home.process().redrive()).toHaveLength(1);
    await expectFound(home);
  });
});
