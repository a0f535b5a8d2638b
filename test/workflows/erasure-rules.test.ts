import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BlockedError } from '../../src/domain/errors.ts';
import type { SourceDriver } from '../../src/ports/source-driver.ts';
import { certificates, erasureItems, financeAccounts, systemStates, tenants } from '../../src/records.ts';
import { listSnapshots } from '../../src/repository/chain.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { releaseHold } from '../../src/use-cases/release-hold.ts';
import { resumeDestruction, stopDestruction } from '../../src/use-cases/set-operator-stop.ts';
import { setTenant } from '../../src/use-cases/set-tenant.ts';
import { showCase } from '../../src/use-cases/show-case.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { fixedClock, memoryObjectStore } from '../memory-ports.ts';
import { copiesOf, expectTidy, filesOf, mailIds, openAlerts, restoredFiles } from './checks.ts';
import { caseOf, expectErased, firstDay, type Life, telltales, unpaidLife } from './erasure-life.ts';
import { type Around, finance, memoryHome, operator, type ProcessOptions, writeFiles } from './memory-home.ts';

/** A process that notes every destructive call of a driver, as `files overwrite random`. */
function watching(life: Pick<Life, 'process'>, options: ProcessOptions = {}, spoil: Partial<SourceDriver> = {}) {
  const calls: string[] = [];
  const process = life.process({
    ...options,
    change: (deps) => ({
      sourceDriver: (source) => {
        const driver = { ...deps.sourceDriver(source), ...spoil };
        return {
          ...driver,
          capabilities: deps.sourceDriver(source).capabilities,
          overwrite: async (selection, pass, report) => {
            calls.push(`${source.name} overwrite ${pass.pattern}`);
            await driver.overwrite(selection, pass, report);
          },
          delete: async (selection, report) => {
            calls.push(`${source.name} delete`);
            await driver.delete(selection, report);
          },
        };
      },
    }),
  });
  return { process, calls };
}

/** Does something once, when a function has answered for the first time. */
function afterFirst(functionName: string, act: () => Promise<unknown>): Around {
  let done = false;
  return async (name, _event, call) => {
    const answer = await call();
    if (name === functionName && !done) {
      done = true;
      await act();
    }
    return answer;
  };
}

const nextHour = (life: Life, hour: number) =>
  life.clock.moveTo(`2026-04-02T${String(hour).padStart(2, '0')}:30:00.000Z`);
const paid = { tenant: 'acme', type: 'paid', invoice: '2026-77', actor: finance } as const;

describe('a hold', () => {
  test('that is placed between two passes stops the second; after its release the erasure goes on from there', async () => {
    const life = await unpaidLife();
    const { deps } = life.process();
    let hold = '';
    const { process, calls } = watching(life, {
      around: afterFirst('OverwritePass', async () => {
        hold = (await placeHold.typed(deps, { tenant: 'acme', reason: 'lawsuit', actor: operator })).id;
      }),
    });
    await process.run('notice');
    // The other source's first pass may have begun before the hold was there.
    const before = calls.length;
    expect(calls[0]).toMatch(/overwrite random$/);
    expect(calls.filter((call) => !call.endsWith('overwrite random'))).toEqual([]);
    expect(existsSync(join(life.folders.files, 'salaries.csv'))).toBe(true);
    expect(await openAlerts(life)).toEqual([`erasure-blocked ${life.caseId}`]);
    nextHour(life, 1);
    const held = await process.run('notice');
    expect(held).toMatchObject({ outcome: 'blocked', counts: { blocked: 1 } });
    expect(held.items[0]?.reasons.join()).toContain(hold);
    expect(calls).toHaveLength(before);
    await releaseHold.typed(deps, { hold, reason: 'settled', actor: operator });
    nextHour(life, 2);
    await process.run('notice');
    const all = ['delete', 'overwrite random', 'overwrite zeros'];
    expect(calls.sort()).toEqual(['files', 'mail'].flatMap((source) => all.map((what) => `${source} ${what}`)));
    await expectErased(life);
    expect(await openAlerts(life)).toEqual([]);
  });

  test.each(['DeleteLive', 'DropCopies', 'FreezeScope', 'GateErasure'])(
    'that is placed after %s stops what comes next',
    async (step) => {
      const life = await unpaidLife();
      const { deps } = life.process();
      const act = async () =>
        await placeHold.typed(deps, { tenant: 'acme', source: 'files', reason: 'lawsuit', actor: operator });
      await life.process({ around: afterFirst(step, act) }).run('notice');
      expect(life.keys.keys.has('tenant/acme')).toBe(true);
      expect(await certificates.list(life.table, 'CERTIFICATES')).toEqual([]);
      if (step !== 'DropCopies') {
        for (const copy of await copiesOf(life, 'acme', 'files'))
          expect(await restoredFiles(life, copy)).toHaveProperty(['salaries.csv']);
      }
      expect((await caseOf(life, life.caseId)).status).toBe('erasing');
    },
  );
});

test('an operator who stops destruction stops a running erasure between two steps; it goes on after `resume`', async () => {
  const life = await unpaidLife();
  const { deps } = life.process();
  const { process, calls } = watching(life, {
    around: afterFirst(
      'DeleteLive',
      async () => await stopDestruction.typed(deps, { reason: 'wait', actor: operator }),
    ),
  });
  await process.run('notice');
  expect((await copiesOf(life, 'acme', 'files')).length).toBe(2);
  nextHour(life, 1);
  const stopped = await process.run('notice');
  expect(stopped.items[0]?.reasons.join()).toContain('everything destructive was stopped');
  const before = calls.length;
  await resumeDestruction.typed(deps, { confirm: [], actor: operator });
  nextHour(life, 2);
  await process.run('notice');
  expect(calls.filter((call, index) => index >= before && call.startsWith('files'))).toEqual([]);
  await expectErased(life);
});

describe('a payment', () => {
  test('before the sweep cancels the case: nothing is destroyed, the tenant is active again and told', async () => {
    const life = await unpaidLife();
    const { process, calls } = watching(life);
    await takeFinanceEvent.typed(process.deps, paid);
    await process.run('notice');
    expect(calls).toEqual([]);
    expect(await caseOf(life, life.caseId)).toMatchObject({ status: 'cancelled', cause: 'payment' });
    expect((await tenants.read(life.table, 'acme'))?.value.status).toBe('active');
    expect(mailIds(life, 'cancellation/')).toEqual([`cancellation/${life.caseId}`]);
    expect(await openAlerts(life)).toEqual([]);
    expect((await copiesOf(life, 'acme', 'files')).length).toBe(2);
  });

  test.each(['GateErasure', 'FreezeScope', 'TakeInventory'])(
    'after %s, before anything is destroyed, cancels a running erasure and leaves nothing of it behind',
    async (step) => {
      const life = await unpaidLife();
      const { deps } = life.process();
      const act = async () => await takeFinanceEvent.typed(deps, paid);
      const { process, calls } = watching(life, { around: afterFirst(step, act) });
      await process.run('notice');
      expect(calls).toEqual([]);
      expect(await caseOf(life, life.caseId)).toMatchObject({ status: 'cancelled', cause: 'payment' });
      expect((await tenants.read(life.table, 'acme'))?.value.status).toBe('active');
      for (const hour of [1, 2]) {
        nextHour(life, hour);
        expect((await process.run('notice')).outcome).toBe('nothing-to-do');
      }
      expect((await process.run('backup', { tenant: 'acme' })).outcome).toBe('ok');
      expect(filesOf(life.folders.files)).toHaveProperty(['salaries.csv']);
      expect(await openAlerts(life)).toEqual([]);
      expect([...life.evidence.objects.keys()].filter((key) => key.includes('/inventory/'))).toEqual([]);
    },
  );

  test('after the first pass is refused as too late, and the account does not say otherwise', async () => {
    const life = await unpaidLife();
    const { deps } = life.process();
    let answer: unknown;
    const act = async () => {
      answer = await takeFinanceEvent.typed(deps, paid).catch((error: unknown) => error);
    };
    await life.process({ around: afterFirst('OverwritePass', act) }).run('notice');
    expect(answer).toBeInstanceOf(BlockedError);
    expect(String(answer)).toMatch(/too late|destroyed/);
    await expectErased(life);
    expect(await financeAccounts.read(life.table, 'acme')).toBeUndefined();
  });
});

describe('a pass that could not overwrite an object', () => {
  test('is not passed over: nothing is deleted, the operator is told, and the pass happens again', async () => {
    const life = await unpaidLife();
    const { process: broken, calls } = watching(
      life,
      {},
      {
        overwrite: async (_selection, _pass, report) =>
          report({ key: Buffer.from('x'), result: 'failed', bytes: 0, verification: 'failed', note: 'EPERM' }),
      },
    );
    await broken.run('notice');
    expect(calls.filter((call) => !call.endsWith('random'))).toEqual([]);
    expect(existsSync(join(life.folders.files, 'salaries.csv'))).toBe(true);
    expect(await openAlerts(life)).toEqual([`erasure-blocked ${life.caseId}`]);
    nextHour(life, 1);
    const { process, calls: again } = watching(life);
    await process.run('notice');
    expect(again).toHaveLength(6);
    await expectErased(life);
  });
});

describe('a remainder', () => {
  /** Every stored object of the tenant is locked until this day. */
  async function lockedLife(until: string): Promise<Life> {
    const clock = fixedClock(firstDay);
    const life = await unpaidLife({ clock, objects: memoryObjectStore({ locks: clock }) });
    for (const key of life.objects.objects.keys())
      if (key.startsWith('v1/acme/')) await life.objects.extendLock(key, until);
    return life;
  }

  test('gives an interim report that names it and its date, and no certificate; once it is gone there is one', async () => {
    const life = await lockedLife('2026-05-01T00:00:00.000Z');
    const process = life.process();
    await process.run('notice');
    expect(await caseOf(life, life.caseId)).toMatchObject({
      status: 'remainder',
      nextCheckAt: '2026-05-01T00:00:00.000Z',
      remainder: [{ place: 'copies: primary', until: '2026-05-01T00:00:00.000Z' }],
    });
    expect(await certificates.list(life.table, 'CERTIFICATES')).toEqual([]);
    const reports = [0, 1].map((contact) => `interim-report/${life.caseId}/1/${contact}`);
    expect(mailIds(life, 'interim-report/')).toEqual(reports);
    expect(mailIds(life, 'deletion-report/')).toEqual([]);
    expect(await openAlerts(life)).toEqual([`erasure-remainder ${life.caseId}`]);
    expect([...life.keys.keys.keys()].filter((ref) => ref.includes('/acme'))).toEqual(['evidence/acme']);
    for (const day of ['2026-04-03', '2026-04-30']) {
      life.clock.moveTo(`${day}T12:00:00.000Z`);
      await process.run('notice');
    }
    expect(mailIds(life, 'interim-report/')).toEqual(reports);
    expect((await process.runner.list({ machine: 'erasure' })).length).toBe(1);
    life.clock.moveTo('2026-05-01T00:30:00.000Z');
    await process.run('notice');
    await expectErased(life);
    expect(mailIds(life, 'interim-report/')).toEqual(reports);
    expect(await openAlerts(life)).toEqual([]);
  });

  test('is reported whenever the process that found it is killed', async () => {
    const counted = await lockedLife('2026-05-01T00:00:00.000Z');
    let [from, to] = [0, 0];
    const undisturbed = counted.process({
      around: async (name, _event, call, process) => {
        if (name === 'ReportRemainder') from = process.calls();
        const answer = await call();
        if (name === 'ReportRemainder') to = process.calls();
        return answer;
      },
    });
    await undisturbed.run('notice');
    for (let dieAtCall = from; dieAtCall < to - 8; dieAtCall += 2) {
      const life = await lockedLife('2026-05-01T00:00:00.000Z');
      const killed = life.process({ dieAtCall, afterEffect: dieAtCall % 4 < 2 });
      expect(await killed.runOrDie('notice'), `call ${dieAtCall}`).toBe('died');
      const heir = life.process();
      if (dieAtCall % 3 > 0) await heir.redrive();
      life.clock.moveTo('2026-04-02T01:30:00.000Z');
      await heir.run('notice');
      const value = await caseOf(life, life.caseId);
      expect(value, `call ${dieAtCall}`).toMatchObject({ status: 'remainder' });
      expect(mailIds(life, 'interim-report/'), `call ${dieAtCall}`).toHaveLength(2);
      expect(await openAlerts(life), `call ${dieAtCall}`).toEqual([`erasure-remainder ${life.caseId}`]);
      life.clock.moveTo('2026-05-01T00:30:00.000Z');
      await heir.run('notice');
      await expectErased(life);
    }
  });

  test('that is still there on its date is looked at again a day later, without a second report about the same', async () => {
    const life = await lockedLife('2026-05-01T00:00:00.000Z');
    const process = life.process();
    await process.run('notice');
    for (const key of life.objects.objects.keys())
      if (key.startsWith('v1/acme/')) await life.objects.extendLock(key, '2026-06-01T00:00:00.000Z');
    life.clock.moveTo('2026-05-01T00:30:00.000Z');
    await process.run('notice');
    expect(await caseOf(life, life.caseId)).toMatchObject({
      status: 'remainder',
      attempts: 2,
      nextCheckAt: '2026-06-01T00:00:00.000Z',
    });
    life.clock.moveTo('2026-06-01T00:30:00.000Z');
    await process.run('notice');
    await expectErased(life);
  });
});

test('live data that are there again after they were deleted are erased once more before anything is certified', async () => {
  const life = await unpaidLife();
  const { process, calls } = watching(life, {
    around: afterFirst('DestroyKeys', async () => {
      mkdirSync(life.folders.files);
      writeFiles(life.folders.files, { 'late.csv': 'written by a process that still ran' });
    }),
  });
  await process.run('notice');
  expect(await caseOf(life, life.caseId)).toMatchObject({
    status: 'remainder',
    remainder: [{ place: `live: directory ${life.folders.files}` }],
  });
  expect(await certificates.list(life.table, 'CERTIFICATES')).toEqual([]);
  const before = calls.length;
  life.clock.moveTo('2026-04-03T00:30:00.000Z');
  await process.run('notice');
  expect(calls.slice(before)).toEqual(['files overwrite random', 'files overwrite zeros', 'files delete']);
  await expectErased(life);
});

test('a source that was added while an erasure stood still is erased with the others', async () => {
  const life = await unpaidLife();
  const { deps } = life.process();
  let hold = '';
  const act = async () => {
    hold = (await placeHold.typed(deps, { tenant: 'acme', reason: 'lawsuit', actor: operator })).id;
  };
  await life.process({ around: afterFirst('TakeInventory', act) }).run('notice');
  const late = await life.source('acme', 'late', { 'late.txt': 'late' });
  await life.process().run('backup', { tenant: 'acme' });
  writeFiles(life.folders.mail, { 'in/3': 'three' });
  await releaseHold.typed(deps, { hold, reason: 'settled', actor: operator });
  nextHour(life, 1);
  await life.process().run('notice');
  expect(existsSync(late)).toBe(false);
  await expectErased(life);
  const [mail] = life.mailer.sent.filter(({ id }) => id.startsWith('deletion-report/'));
  const inventories = mail?.attachments?.slice(2, -1).map(({ content }) => content.toString()) ?? [];
  expect(inventories.map((text) => [...text.matchAll(/"path":"([^"]*)"/g)].map(([, path]) => path))).toEqual([
    ['pictures/', 'pictures/beach.txt', 'salaries-old.csv', 'salaries.csv'],
    ['in/', 'in/1', 'in/2', 'in/3'],
    ['late.txt'],
  ]);
});

/** Nothing in the table, the outbox or the evidence names the customer, but for the report and the certificate. */
function expectNoTraces(life: Life): void {
  const left = (texts: Iterable<[string, string]>) =>
    [...texts].filter(([, text]) => telltales.some((word) => text.includes(word))).map(([name]) => name);
  expect(left([...life.rows.values()].map((row) => [`${row.pk} ${row.sk}`, JSON.stringify(row)]))).toEqual([]);
  const mails = [...life.outbox].filter(([id]) => !id.startsWith('<deletion-report'));
  expect(left(mails.map(([id, raw]) => [id, raw.toString()]))).toEqual([]);
  const kept = [...life.evidence.objects].filter(([key]) => !key.includes('/certificate/'));
  expect(left(kept.map(([key, bytes]) => [key, bytes.toString('latin1')]))).toEqual([]);
}

describe('traces of an erased tenant', () => {
  test('are nowhere: no row, alert, run, mail or evidence in the clear names it, its people or its files', async () => {
    const life = await unpaidLife({ until: '2026-03-03T12:00:00.000Z' });
    const process = life.process();
    writeFiles(life.folders.mail, { 'in/beach-3': 'three' });
    const spoilt = life.process({
      around: async (name, _event, call) => {
        if (name === 'BackUpShard') throw new Error(`cannot read ${life.folders.files}/salaries.csv`);
        return await call();
      },
    });
    await spoilt.run('backup', { tenant: 'acme' });
    for (const kind of ['backup', 'restore-test', 'expiry', 'audit'] as const) await process.run(kind);
    const { runControls } = await import('../../src/use-cases/run-controls.ts');
    await runControls.typed(process.deps, {});
    life.clock.moveTo('2026-04-02T00:30:00.000Z');
    const blocked = life.process({
      around: async (name, _event, call) => {
        if (name === 'DropCopies') throw new Error(`cannot remove ${life.folders.files}/pictures/beach.txt`);
        return await call();
      },
    });
    await blocked.run('notice');
    life.clock.moveTo('2026-04-02T01:30:00.000Z');
    await process.run('notice');
    await expectErased(life);
    expectNoTraces(life);
  });

  test('are not in what mail servers answered, nor in notes and paths of earlier cases', async () => {
    const life = await unpaidLife({ until: firstDay });
    const process = life.process();
    life.clock.moveTo('2026-03-03T10:00:00.000Z');
    await takeFinanceEvent.typed(process.deps, paid);
    const request = { tenant: 'acme', source: 'files', reason: 'obsolete' } as const;
    const earlier = await openCase.typed(process.deps, {
      ...{ ...request, paths: ['pictures/beach.txt'], note: 'Harbour Gulls wants it', actor: operator },
    });
    await process.run('notice');
    const cancel = { type: 'cancel' as const, note: 'Gerda keeps the beach' };
    await changeCase.typed(process.deps, { case: earlier.id, actor: operator, change: cancel });
    life.mailer.refused.add('gerda@gulls.example');
    life.clock.moveTo('2026-03-04T10:00:00.000Z');
    const { case: unpaid } = await takeFinanceEvent.typed(process.deps, {
      ...{ tenant: 'acme', type: 'unpaid', invoice: '2026-78', actor: finance },
    });
    await process.run('notice');
    life.clock.moveTo('2026-04-04T00:30:00.000Z');
    // An index may leave out what has just come to its end.
    const behind = life.process({
      change: ({ table }) => ({
        table: {
          get: async (key) => await table.get(key),
          query: async (...asked) => await table.query(...asked),
          queryIndex: async (index, pk, range) => (pk === 'CASES-OVER' ? [] : await table.queryIndex(index, pk, range)),
          transact: async (writes) => await table.transact(writes),
        },
      }),
    });
    await behind.run('notice');
    expect((await caseOf(life, unpaid?.id ?? '')).status).toBe('closed');
    expect(mailIds(life, 'notice/')).toContain(`notice/${unpaid?.id}/d2`);
    expectNoTraces(life);
  });
});

describe('an erasure of less than a tenant', () => {
  /** The code in the newest mail. */
  const codeIn = (life: { mailer: Life['mailer'] }) =>
    /\b[A-Z2-9]{8}\b/.exec(life.mailer.sent.findLast(({ id }) => id.startsWith('confirm'))?.text ?? '')?.[0] ?? '';

  async function twoCopies() {
    const home = await memoryHome({ now: firstDay });
    await home.tenant('acme', { name: 'Harbour Gulls GmbH' });
    const folders = {
      files: await home.source('acme', 'files', {
        'keep.txt': 'keep',
        'people/ada.txt': 'ada',
        'people/bob.txt': 'bob',
        'people-list.txt': 'all',
      }),
      mail: await home.source('acme', 'mail', { m: 'mail' }),
    };
    const process = home.process();
    await process.run('backup');
    writeFiles(folders.files, { 'keep.txt': 'kept', 'people/cy.txt': 'cy' });
    await process.run('backup');
    return { ...home, process: home.process, folders };
  }

  test('by paths, on the customer’s confirmed request, takes them from the live data and every copy, and nothing else', async () => {
    const home = await twoCopies();
    const process = home.process();
    const customer = { kind: 'customer' as const, id: 'ann' };
    const request = { tenant: 'acme', source: 'files', reason: 'customer-request' } as const;
    const opened = await openCase.typed(process.deps, { ...request, paths: ['people/'], actor: customer });
    await changeCase.typed(process.deps, {
      case: opened.id,
      actor: customer,
      change: { type: 'confirm', code: codeIn(home) },
    });
    await process.run('notice');
    home.clock.moveTo('2026-03-09T12:00:00.000Z');
    await process.run('notice');
    expect(filesOf(home.folders.files)).toHaveProperty(['people/ada.txt']);
    home.clock.moveTo('2026-03-10T00:30:00.000Z');
    await process.run('notice');
    expect((await caseOf(home, opened.id)).status).toBe('closed');
    expect(filesOf(home.folders.files)).toEqual({ 'keep.txt': 'kept', 'people-list.txt': 'all' });
    const copies = await copiesOf(home, 'acme', 'files');
    const restored = await Promise.all(copies.map(async (copy) => await restoredFiles(home, copy)));
    expect(restored).toEqual([
      { 'keep.txt': 'keep', 'people-list.txt': 'all' },
      { 'keep.txt': 'kept', 'people-list.txt': 'all' },
    ]);
    expect(await copiesOf(home, 'acme', 'mail')).toHaveLength(2);
    expect((await tenants.read(home.table, 'acme'))?.value).toMatchObject({ status: 'active' });
    expect((await certificates.read(home.table, opened.id))?.value.caseId).toBe(opened.id);
    await process.run('backup');
    expect((await process.run('restore-test')).outcome).toBe('ok');
    await home.expectLedgerWhole();
    await expectTidy(home);
  });

  test('by source, of obsolete data after the full notice, leaves the tenant’s other sources alone', async () => {
    const home = await twoCopies();
    const process = home.process();
    const opened = await openCase.typed(process.deps, {
      ...{ tenant: 'acme', source: 'mail', reason: 'obsolete', actor: operator },
    });
    await process.run('notice');
    home.clock.moveTo('2026-04-01T12:00:00.000Z');
    await process.run('notice');
    expect(existsSync(home.folders.mail)).toBe(true);
    home.clock.moveTo('2026-04-02T00:30:00.000Z');
    await process.run('notice');
    expect((await caseOf(home, opened.id)).status).toBe('closed');
    expect(existsSync(home.folders.mail)).toBe(false);
    expect(await listSnapshots(home, { tenant: 'acme', source: 'mail', status: 'any' })).toEqual([]);
    expect([...home.keys.keys.keys()].filter((ref) => ref.includes('/acme/mail'))).toEqual([]);
    const copies = await copiesOf(home, 'acme', 'files');
    expect(await restoredFiles(home, copies[1] ?? expect.fail())).toEqual(filesOf(home.folders.files));
    expect((await process.run('backup')).counts).toEqual({ done: 1 });
    expect((await tenants.read(home.table, 'acme'))?.value).toMatchObject({ status: 'active' });
    // The erasure's own record says where the source lay, as the certificate does.
    const rows = [...home.rows.values()].filter(({ pk }) => pk !== `ERASURE#${opened.id}`);
    const traces = rows.filter((row) => JSON.stringify(row).includes('acme/mail'));
    expect(traces.map(({ pk, sk }) => `${pk} ${sk}`)).toEqual([]);
    await home.expectLedgerWhole();
    await expectTidy(home);
  });
});

describe('limits and approval', () => {
  test('no more tenants than the plan allows begin to be erased on one day, however many are due', async () => {
    const home = await memoryHome({ now: firstDay });
    home.plan('unattended', (plan) => ({
      ...plan,
      limits: { erasuresPerDay: 2, noticesPerDay: 10, noticesPerDayPercent: 5 },
    }));
    const folders: string[] = [];
    const process = home.process();
    for (const tenant of ['a', 'b', 'c', 'd', 'e']) {
      await home.tenant(tenant);
      folders.push(await home.source(tenant, 'files'));
      await takeFinanceEvent.typed(process.deps, { tenant, type: 'unpaid', actor: finance });
    }
    await process.run('notice');
    for (const [day, left] of [3, 1, 0].entries()) {
      for (const hour of ['00', '12']) {
        home.clock.moveTo(`2026-04-0${2 + day}T${hour}:30:00.000Z`);
        await process.run('notice');
        expect(folders.filter(existsSync)).toHaveLength(left);
      }
    }
  });

  test('a whole tenant on the plan `standard` waits for a second person and for the settlement days', async () => {
    const life = await unpaidLife({ tenant: { plan: 'standard' } });
    const process = life.process();
    await process.run('notice');
    expect((await caseOf(life, life.caseId)).status).toBe('awaiting-approval');
    expect(await openAlerts(life)).toEqual([`case-approval-wanted ${life.caseId}`]);
    const approve = { case: life.caseId, change: { type: 'approve' as const } };
    await expect(
      changeCase.typed(process.deps, { ...approve, actor: { ...operator, id: finance.id } }),
    ).rejects.toThrow(/second person/);
    await changeCase.typed(process.deps, { ...approve, actor: operator });
    life.clock.moveTo('2026-04-08T23:30:00.000Z');
    await process.run('notice');
    expect(existsSync(life.folders.files)).toBe(true);
    life.clock.moveTo('2026-04-09T00:30:00.000Z');
    await process.run('notice');
    await expectErased(life);
  });

  test('a plan without a second person that a tenant had only for the moment in which the case was opened changes nothing', async () => {
    const life = await unpaidLife();
    const process = life.process();
    await setTenant.typed(process.deps, { id: 'acme', plan: 'standard', actor: operator });
    const { obstacles } = await showCase.typed(process.deps, { case: life.caseId });
    expect(obstacles.map(({ code }) => code)).toContain('approval-missing');
    await process.run('notice');
    expect((await caseOf(life, life.caseId)).status).toBe('awaiting-approval');
    expect(existsSync(life.folders.files)).toBe(true);
    await changeCase.typed(process.deps, { case: life.caseId, change: { type: 'approve' }, actor: operator });
    nextHour(life, 1);
    await process.run('notice');
    await expectErased(life);
  });

  test.each(['GateErasure', 'OverwritePass', 'DropCopies'])(
    'a plan that comes to ask for a second person after %s stops the erasure there, until somebody agrees',
    async (step) => {
      const life = await unpaidLife();
      const { deps } = life.process();
      const act = async () => await setTenant.typed(deps, { id: 'acme', plan: 'standard', actor: operator });
      await life.process({ around: afterFirst(step, act) }).run('notice');
      expect(life.keys.keys.has('tenant/acme')).toBe(true);
      nextHour(life, 1);
      const blocked = await life.process().run('notice');
      expect(blocked.items[0]?.reasons.join()).toContain('needs the approval of a second person');
      await changeCase.typed(deps, { case: life.caseId, change: { type: 'approve' }, actor: operator });
      nextHour(life, 2);
      await life.process().run('notice');
      await expectErased(life);
    },
  );

  test('a quarantined home erases nothing until an operator confirms', async () => {
    const life = await unpaidLife();
    const process = life.process();
    await life.table.transact([
      systemStates.write({ name: 'quarantine', at: firstDay, by: 'recover', reason: 'rebuilt' }),
    ]);
    expect(await process.run('notice')).toMatchObject({ outcome: 'blocked' });
    expect(existsSync(life.folders.files)).toBe(true);
    expect(await erasureItems.list(life.table, `ERASURE#${life.caseId}`)).toEqual([]);
    await resumeDestruction.typed(process.deps, { confirm: ['quarantine'], actor: operator });
    await process.run('notice');
    await expectErased(life);
  });
});
