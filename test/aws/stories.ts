import { readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { addDays } from '../../src/domain/calendar.ts';
import { showRestore, startRestore } from '../../src/use-cases/restore-jobs.ts';
import { copiesOf, mailIds, openAlerts } from '../workflows/checks.ts';
import { caseOf, expectErased, type Life, unpaidLife } from '../workflows/erasure-life.ts';
import { type MemoryHome, memoryHome, type TestProcess } from '../workflows/memory-home.ts';
import type { MotoRunner } from './moto-runner.ts';
import type { Run } from './runtimes.ts';

/** Lives up to a run, runs it on the runtime that `on` gives, and tells what is to be seen afterwards. */
export type Story = (on: (home: MemoryHome) => Promise<Run>) => Promise<object>;

/** When the daily backup of these stories is due. */
export const daily = { cadence: 'daily', scheduledAt: '2026-03-03T02:00:00.000Z' } as const;

async function twoSources(): Promise<MemoryHome> {
  const home = await memoryHome({ now: '2026-03-02T10:00:00.000Z' });
  await home.tenant('acme');
  await home.source('acme', 'files');
  await home.source('acme', 'mail', { 'in/1': 'one', 'in/2': 'x'.repeat(200_000) });
  home.clock.moveTo(daily.scheduledAt);
  return home;
}

/** On one machine, before the run that the story is about. */
async function backUp(home: MemoryHome): Promise<void> {
  expect((await home.process().run('backup')).outcome).toBe('ok');
}

export const backup: Story = async (on) => await backedUp(await twoSources(), on);

/** With a source that is too large to be copied where it is planned: its shards are come to. */
export const largeBackup: Story = async (on) => {
  const home = await twoSources();
  const files = Object.fromEntries(Array.from({ length: 5001 }, (_, n) => [`${n % 50}/${n}`, '']));
  await home.source('acme', 'many', files);
  return await backedUp(home, on);
};

async function backedUp(home: MemoryHome, on: Parameters<Story>[0]): Promise<object> {
  const ended = await (await on(home))('backup', daily);
  const copies = (await Promise.all(['files', 'mail', 'many'].map((source) => copiesOf(home, 'acme', source)))).flat();
  return {
    ended,
    copies: copies.map(({ source, seq, totals: { objects, bytes } }) => ({ source, seq, objects, bytes })),
  };
}

export const restoreTest: Story = async (on) => {
  const home = await twoSources();
  await backUp(home);
  return await (await on(home))('restore-test', { scheduledAt: daily.scheduledAt });
};

export const expiry: Story = async (on) => {
  const home = await twoSources();
  await backUp(home);
  home.clock.moveTo(addDays(daily.scheduledAt, 60));
  await backUp(home);
  home.clock.moveTo(addDays(daily.scheduledAt, 91));
  const ended = await (await on(home))('expiry', { scheduledAt: home.clock.now() });
  return { ended, left: (await copiesOf(home, 'acme', 'files')).map(({ seq }) => seq) };
};

export const audit: Story = async (on) => {
  const home = await memoryHome({ now: '2026-03-02T10:00:00.000Z' });
  await home.tenant('acme');
  await home.tenant('zeta');
  const old = await home.source('acme', 'archive', { 'a.txt': 'old' });
  for (const path of ['a.txt', '']) utimesSync(join(old, path), new Date('2024-01-01'), new Date('2024-01-01'));
  const gone = await home.source('acme', 'gone');
  await backUp(home);
  rmSync(gone, { recursive: true });
  home.clock.moveTo('2026-04-02T10:00:00.000Z');
  const ended = await (await on(home))('audit', { scheduledAt: home.clock.now() });
  return { ended, alerts: await openAlerts(home) };
};

export const reminder: Story = async (on) => {
  const home = await unpaidLife({ until: '2026-03-25T00:30:00.000Z' });
  const ended = await (await on(home))('notice', { scheduledAt: home.clock.now() });
  return await told(home, ended);
};

/** The sweep that starts an erasure, and what became of that. */
export const dueErasure: Story = async (on) => {
  const home = await unpaidLife();
  const ended = await (await on(home))('notice', { scheduledAt: home.clock.now() });
  return await told(home, ended);
};

/** The same, to the end: everything of the tenant is gone and certified. */
export const erasure: Story = async (on) => {
  const home = await unpaidLife();
  const ended = await (await on(home))('notice', { scheduledAt: home.clock.now() });
  await expectErased(home);
  return await told(home, ended);
};

async function told(home: Life, ended: object) {
  const { status } = await caseOf(home, home.caseId);
  // The rest of a mail's id is of one life alone.
  return { ended, status, mails: mailIds(home).map((id) => id.split('/')[0]) };
}

/** A restore that somebody asked for over HTTP: what the job says in the end, and what lies there. */
export async function restoredOn(
  on: (home: MemoryHome) => Promise<{ process: TestProcess; workflows?: MotoRunner }>,
): Promise<object> {
  const home = await twoSources();
  await backUp(home);
  const [copy] = await copiesOf(home, 'acme', 'files');
  const { process, workflows } = await on(home);
  const actor = { kind: 'operator', id: 'olga' } as const;
  const asked = await startRestore.typed(process.deps, { snapshot: copy?.id ?? '', to: 'march', actor });
  await (workflows ?? process.runner).finished('take-out', asked.run);
  const { status, objects, bytes, damaged } = await showRestore.typed(process.deps, { id: asked.id });
  const restored = join(home.dir, 'restored/march');
  return { status, objects, bytes, damaged, content: readFileSync(join(restored, 'deep/b.txt'), 'utf8') };
}
