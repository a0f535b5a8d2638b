import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Deps } from '../../src/deps.ts';
import type { Case } from '../../src/domain/case.ts';
import { alerts, cases, downloads, holds, openRestores, restoreJobs } from '../../src/records.ts';
import { listSnapshots } from '../../src/repository/chain.ts';
import { showDownload, startDownload } from '../../src/use-cases/downloads.ts';
import { forgetTraces } from '../../src/use-cases/forget-traces.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { saveProgress } from '../../src/use-cases/open-restore.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { restoreHolds } from '../../src/use-cases/read-chain-facts.ts';
import { releaseHold } from '../../src/use-cases/release-hold.ts';
import { carryOutRestore, startRestore } from '../../src/use-cases/restore-jobs.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { takeStripeEvent } from '../../src/use-cases/take-stripe-event.ts';
import { finance, sweepOf, unpaidLife } from './erasure-life.ts';
import { memoryHome, operator, type ProcessOptions } from './memory-home.ts';

const dayMs = 24 * 3600_000;
const telltale = 'Jane Doe';
const naming = (rows: Map<string, object>) =>
  [...rows.values()].filter((row) => JSON.stringify(row).includes(telltale));

test('what was written into holds of an erased tenant goes, also into one that is released later', async () => {
  const life = await unpaidLife();
  const { deps } = life.process();
  const place = async (tenant: string) =>
    (await placeHold.typed(deps, { tenant, reason: `lawsuit of ${telltale}`, actor: operator })).id;
  const release = async (hold: string) =>
    await releaseHold.typed(deps, { hold, reason: `settled with ${telltale}`, actor: operator });
  const [own, others] = [await place('acme'), await place('other')];
  await release(own);
  await release(others);
  await life.process().run('notice', sweepOf(life));
  expect(naming(life.rows)).toHaveLength(1);
  const stored = (await holds.read(life.table, own))?.value;
  expect(stored).toMatchObject({ scope: { tenant: 'acme' }, reason: '(erased)', releasedBy: operator.id });
  expect((await holds.read(life.table, others))?.value.releaseReason).toBe(`settled with ${telltale}`);
  const late = await place('acme');
  expect((await holds.read(life.table, late))?.value.reason).toContain(telltale);
  await release(late);
  expect(naming(life.rows)).toHaveLength(1);
  await life.expectLedgerWhole();
});

test('a recovery brings released holds of an erased tenant back without their words', async () => {
  const { table } = await memoryHome();
  const words = { reason: `lawsuit of ${telltale}`, placedBy: 'olga', placedAt: '2026-01-01T00:00:00.000Z' };
  const released = { releasedAt: '2026-02-01T00:00:00.000Z', releaseReason: `settled with ${telltale}` };
  const scope = { tenant: 'acme' };
  const holdsOf = new Map([
    ['h-1', { id: 'h-1', scope, ...words, ...released }],
    ['h-2', { id: 'h-2', scope, ...words }],
  ]);
  const facts = { sources: new Map(), sealedHolds: new Map(), holds: holdsOf };
  const closed = { id: 'c-1', scope, closedAt: '2026-03-01T00:00:00.000Z', over: true };
  await restoreHolds({ table }, { tenant: 'acme', facts: { ...facts, cases: new Map([['c-1', closed]]) } });
  expect((await holds.read(table, 'h-1'))?.value).toMatchObject({
    reason: '(erased)',
    releasedAt: released.releasedAt,
  });
  expect((await holds.read(table, 'h-2'))?.value.reason).toBe(words.reason);
});

test('what comes between the sweep and the close goes at the close, but for an alert that waits for a person', async () => {
  const life = await unpaidLife();
  const { deps } = life.process();
  const process = life.process({
    around: async (name, _event, call) => {
      if (name === 'CloseCase') {
        const said = { tenant: 'acme', invoice: telltale, actor: finance };
        const amount = { currency: 'EUR', minor: 1 };
        for (const event of [{ type: 'paid' as const }, { type: 'part-paid' as const, amount }]) {
          const payment = takeFinanceEvent.typed(deps, { ...said, ...event });
          await expect(payment).rejects.toMatchObject({
            code: 'blocked',
            message: expect.stringContaining('too late'),
          });
        }
        await takeFinanceEvent.typed(deps, { ...said, type: 'unpaid' });
        const invoice = {
          object: 'invoice',
          id: 'in_1',
          status: 'paid',
          currency: 'eur',
          amount_due: 1,
          amount_remaining: 0,
        };
        const object = { ...invoice, metadata: { tenure_tenant: 'acme' } };
        const created = Math.floor(Date.parse(deps.clock.now()) / 1000);
        const event = { id: 'evt_1', type: 'invoice.paid', created, data: { object } };
        expect(await takeStripeEvent.typed(deps, { event })).toMatchObject({ outcome: 'too-late' });
      }
      return await call();
    },
  });
  await process.run('notice', sweepOf(life));
  expect((await cases.read(life.table, life.caseId))?.value.status).toBe('closed');
  expect(naming(life.rows)).toEqual([]);
  const left = [...life.rows.values()].filter(({ index2 }) => index2?.pk === 'TRACE#acme');
  expect(left.map(({ pk }) => pk)).toEqual(['ALERTS']);
  expect((await alerts.list(life.table, 'ALERTS')).map(({ value }) => value.kind)).toContain('payment-too-late');
});

test('a restore that ends after the traces were removed brings none of its records back', async () => {
  const home = await memoryHome();
  await home.tenant('acme');
  await home.source('acme', 'files', { [telltale]: 'x', 'b.txt': 'y' });
  const { deps, run } = home.process();
  await run('backup');
  const [snapshot] = await listSnapshots(home);
  const workflows = { ...deps.workflows, start: async () => ({}) } as unknown as Deps['workflows'];
  const asked = { snapshot: snapshot?.id ?? '', to: 'there', paths: [telltale], actor: operator };
  const job = await startRestore.typed({ ...deps, workflows }, asked);
  const forget = async () => {
    for (const { pk, sk } of await home.table.queryIndex(2, 'TRACE#acme', { prefix: 'RESTORE' }))
      await home.table.transact([{ delete: { pk: pk, sk: sk } }]);
  };
  const restoreFolder: Deps['restoreFolder'] = async (...args) => {
    const folder = await deps.restoreFolder(...args);
    return {
      ...folder,
      open: async (how) => {
        const target = await folder.open(how);
        const [open] = await openRestores.list(home.table, 'RESTORES');
        expect(open).toBeUndefined();
        return { ...target, sync: async () => void (await Promise.all([forget(), target.sync()])) };
      },
    };
  };
  expect(await carryOutRestore({ ...deps, restoreFolder }, job.id)).toBe('done');
  expect(await restoreJobs.list(home.table, 'RESTORE-JOBS')).toEqual([]);
  expect(await openRestores.list(home.table, 'RESTORES')).toEqual([]);
});

test('progress of a restore is kept only while its record is there', async () => {
  const home = await memoryHome();
  const { deps } = home.process();
  const restore = {
    ...{ id: 'r', folder: '/to', identity: '1', tenant: 'acme', source: 'files', snapshot: 's', choice: 'c' },
    ...{ holder: 'h', startedAt: '2026-03-02T10:00:00.000Z', part: -1, damaged: [], damagedCount: 0 },
  };
  const done = { part: 3, damaged: [{ key: telltale, reason: 'damaged' }] };
  await home.table.transact([openRestores.write(restore)]);
  await saveProgress(deps, restore, done);
  await saveProgress(deps, restore, { ...done, part: 4 });
  expect((await openRestores.read(home.table, 'r'))?.value.part).toBe(4);
  await home.table.transact([openRestores.remove('r')]);
  await saveProgress(deps, restore, done);
  expect(naming(home.rows)).toEqual([]);
});

/** Copies of two sources, and downloads as AWS has them, in the folders of scratch. */
async function downloadable(options: ProcessOptions = {}) {
  const home = await memoryHome();
  await home.tenant('acme');
  await home.source('acme', 'files', { 'a.txt': 'alpha', 'secret/jane.txt': 'jane' });
  await home.source('acme', 'mail', { 'in/1': 'one' });
  const gate: { open?: () => Promise<unknown> } = {};
  const process = home.process({
    ...options,
    change: ({ scratch }) => ({
      downloads: {
        async put(id, content) {
          const pieces: Buffer[] = [];
          for await (const piece of content) pieces.push(Buffer.from(piece));
          await gate.open?.();
          mkdirSync(scratch.path(id), { recursive: true });
          writeFileSync(join(scratch.path(id), 'content'), Buffer.concat(pieces));
          return Buffer.concat(pieces).length;
        },
        link: async (id) => `https://scratch.example/${id}`,
      },
    }),
  });
  await process.run('backup');
  const { deps } = process;
  const take = async (source: string, copy = -1) => {
    const all = await listSnapshots(home, { tenant: 'acme', source, status: 'any' });
    const asked = { form: 'tar' as const, filename: `${source}.tar`, actor: operator };
    return (await startDownload.typed(deps, { ...asked, snapshot: all.at(copy)?.id ?? '' })).id;
  };
  const lies = (id: string) => existsSync(join(deps.scratch.path(id), 'content'));
  return {
    ...home,
    process,
    deps,
    gate,
    take,
    lies,
    ask: async (id: string) => await showDownload.typed(deps, { id }),
  };
}

const pace = { goOn: () => true, stopped: false };
const caseAbout = (scope: Case['scope']) => ({ id: 'c-0000000001', tenant: 'acme', scope }) as unknown as Case;

test('a case about paths takes along what lies ready of their source, and its record', async () => {
  const { process, deps, take, lies, ask, table } = await downloadable();
  const [files, mail] = [await take('files'), await take('mail')];
  await process.runner.idle();
  expect([lies(files), lies(mail)]).toEqual([true, true]);
  await forgetTraces(deps, caseAbout({ tenant: 'acme', source: 'files', paths: ['secret/'] }), pace);
  expect([lies(files), lies(mail)]).toEqual([false, true]);
  expect(await downloads.read(table, files)).toBeUndefined();
  await expect(ask(files)).rejects.toThrow('there is no download');
  expect(await take('files')).toBe(files);
  await process.runner.idle();
  expect(await ask(files)).toMatchObject({ status: 'ready' });
  expect(await ask(mail)).toMatchObject({ status: 'ready' });
});

test('an upload that broke off is removed by its record, which no list of folders shows', async () => {
  const { deps, process, take, table } = await downloadable();
  const id = await take('files');
  await process.runner.idle();
  const removed: string[] = [];
  const remove = async (name: string) => void removed.push(name);
  const scratch = { ...deps.scratch, list: async () => [], remove };
  await forgetTraces({ ...deps, scratch }, caseAbout({ tenant: 'acme', source: 'files' }), pace);
  expect(removed).toEqual([id]);
  expect(await downloads.read(table, id)).toBeUndefined();
});

test('a download that is prepared while it is forgotten leaves nothing', async () => {
  const { deps, process, gate, take, lies, table } = await downloadable();
  gate.open = async () => {
    await forgetTraces(deps, caseAbout({ tenant: 'acme', source: 'files', paths: ['secret/'] }), pace);
  };
  const id = await take('files');
  await process.runner.idle();
  expect([lies(id), await downloads.read(table, id)]).toEqual([false, undefined]);
  const ended = await deps.workflows.list({ machine: 'take-out' });
  expect(ended.map(({ status }) => status)).toEqual(['succeeded']);
});

test('what lies ready ends with its copy: it is not handed out once that is condemned, and goes with its objects', async () => {
  let atKeys: () => Promise<unknown> = async () => undefined;
  const { process, clock, take, lies, ask, table } = await downloadable({
    around: async (name, _event, call) => {
      if (name === 'DestroyCopyKeys') await atKeys();
      return await call();
    },
  });
  clock.pass(89 * dayMs);
  await process.run('backup');
  clock.pass(22 * 3600_000);
  const [old, fresh] = [await take('files', 0), await take('files')];
  await process.runner.idle();
  expect([(await ask(old)).status, (await ask(fresh)).status]).toEqual(['ready', 'ready']);
  clock.pass(3 * 3600_000);
  atKeys = async () => {
    expect(lies(old)).toBe(true);
    await expect(ask(old)).rejects.toThrow('there is no download');
    await expect(take('files', 0)).rejects.toThrow('was erased');
    atKeys = async () => undefined;
  };
  await process.run('expiry');
  expect([lies(old), lies(fresh)]).toEqual([false, true]);
  expect(await downloads.read(table, old)).toBeUndefined();
  expect((await ask(fresh)).status).toBe('ready');
});

test('what was taken out of a copy before paths were erased in it is not handed out after', async () => {
  const asked: { [step: string]: () => Promise<unknown> } = {};
  const { process, deps, clock, take, ask } = await downloadable({
    around: async (name, _event, call) => {
      await asked[name]?.();
      return await call();
    },
  });
  const scope = { tenant: 'acme', source: 'files', paths: ['secret/'] };
  await openCase.typed(deps, { ...scope, reason: 'obsolete', actor: operator });
  const ids: string[] = [];
  asked.GateErasure = async () => {
    if (ids.length > 0) return;
    for (const source of ['files', 'mail']) ids.push(await take(source));
    for (const id of ids) await expect.poll(async () => (await ask(id)).status).toBe('ready');
  };
  const seen: string[] = [];
  const look = async () => {
    for (const id of ids)
      seen.push(
        await ask(id).then(
          ({ status }) => status,
          () => 'gone',
        ),
      );
  };
  asked.DestroyKeys = look;
  asked.SweepSurvivors = look;
  for (let day = 0; day < 40 && seen.length === 0; day++) {
    clock.pass(dayMs);
    await process.run('notice');
  }
  expect(seen.slice(-2)).toEqual(['gone', 'ready']);
});
