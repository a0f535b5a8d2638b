import { describe, expect, test } from 'vitest';
import { addDays, addHours } from '../../src/domain/calendar.ts';
import type { Source } from '../../src/domain/source.ts';
import { alerts, ledgerEntries, ledgerSeals, sources } from '../../src/records.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { runControls } from '../../src/use-cases/run-controls.ts';
import { showControls } from '../../src/use-cases/show-controls.ts';
import { verifyLedger } from '../../src/use-cases/verify-ledger.ts';
import { copiesOf, mailIds, openAlerts, sample } from '../workflows/checks.ts';
import { type MemoryHome, memoryHome, operator } from '../workflows/memory-home.ts';

const firstDay = '2026-03-02T10:00:00.000Z';

/** One tenant with one source that was backed up and tested on the first day. */
async function protectedHome(): Promise<MemoryHome> {
  const home = await memoryHome({ now: firstDay });
  await home.tenant('acme');
  await home.source('acme', 'files');
  await home.process().run('backup');
  await home.process().run('restore-test');
  return home;
}

async function controlsAt(home: MemoryHome, at: string) {
  home.clock.moveTo(at);
  return await runControls.typed(home.process().deps, {});
}

async function alertOf(home: MemoryHome, kind: string) {
  const all = (await alerts.list(home.table, 'ALERTS')).map(({ value }) => value);
  return all.find((alert) => alert.kind === kind);
}

describe('the controls', () => {
  test('all pass while everything is as promised, and their report is kept', async () => {
    const home = await protectedHome();
    const report = await controlsAt(home, addHours(firstDay, 1));
    expect(report.results.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(await openAlerts(home)).toEqual([]);
    const { failed: _failed, ...kept } = report;
    expect(await showControls.typed(home.process().deps, {})).toEqual(kept);
  });

  test('a failure opens an alert, counts while it lasts, and is settled when it passes again', async () => {
    const home = await protectedHome();
    for (const day of [9, 10, 11]) await controlsAt(home, addDays(firstDay, day));
    expect(await openAlerts(home)).toEqual(['control-missed-slots acme/files', 'control-restore-tested acme/files']);
    expect(await alertOf(home, 'control-restore-tested')).toMatchObject({ count: 3, tenant: 'acme', status: 'open' });
    expect(mailIds(home, 'alert/')).toHaveLength(2);
    await home.process().run('restore-test');
    await controlsAt(home, addDays(firstDay, 12));
    expect(await alertOf(home, 'control-restore-tested')).toMatchObject({ status: 'closed', count: 3 });
    expect(await openAlerts(home)).toEqual(['control-missed-slots acme/files']);
    expect(mailIds(home, 'alert/')).toHaveLength(2);
  });

  test('close the alert of a case that has ended, which they look at no more', async () => {
    const home = await protectedHome();
    const { deps } = home.process();
    const opened = await openCase.typed(deps, { tenant: 'acme', reason: 'obsolete', actor: operator });
    home.mailer.refused.add('ann@acme.example').add('ben@acme.example');
    await home.process().run('notice');
    await controlsAt(home, addHours(firstDay, 1));
    expect(await openAlerts(home)).toEqual([
      `case-undeliverable ${opened.id}`,
      `control-notices-undeliverable ${opened.id}`,
    ]);
    await changeCase.typed(deps, { case: opened.id, actor: operator, change: { type: 'cancel' } });
    await controlsAt(home, addHours(firstDay, 2));
    expect(await openAlerts(home)).toEqual([]);
    const { cause } = (await alertOf(home, 'control-notices-undeliverable')) ?? {};
    expect(cause).toBe(`${opened.id} is controlled no more`);
  });

  test('a copy that a restore test has found damaged is no good copy', async () => {
    const home = await protectedHome();
    for (const [key, bytes] of home.objects.objects)
      if (key.includes('/pack/')) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    home.clock.moveTo(addDays(firstDay, 1));
    await home.process().run('restore-test');
    const report = await controlsAt(home, addDays(firstDay, 31));
    const freshness = report.results.find(({ id }) => id === 'freshness');
    expect(freshness).toMatchObject({ status: 'fail', subject: 'acme/files' });
    expect(freshness?.reason).toContain('no good copy exists');
  });

  test('fail at 30 days without a new copy; at 60 the customer is told when it expires, once per copy', async () => {
    const home = await protectedHome();
    const stale = (report: { results: { id: string; status: string }[] }) =>
      report.results.find(({ id }) => id === 'freshness')?.status;
    expect(stale(await controlsAt(home, addHours(addDays(firstDay, 30), -1)))).toBe('pass');
    expect(stale(await controlsAt(home, addDays(firstDay, 30)))).toBe('fail');
    expect(mailIds(home, 'copy-aging/')).toEqual([]);
    const [first] = await copiesOf(home, 'acme', 'files');
    for (const day of [60, 61, 75]) await controlsAt(home, addDays(firstDay, day));
    expect(mailIds(home, 'copy-aging/')).toEqual([`copy-aging/${first?.id}`]);
    const mail = home.mailer.sent.find(({ id }) => id.startsWith('copy-aging/'));
    expect(mail).toMatchObject({ to: { address: 'ann@acme.example' } });
    expect(mail?.text).toContain('31 May 2026');
    await home.process().run('backup');
    await controlsAt(home, addDays(firstDay, 76));
    expect(stale(await controlsAt(home, addDays(firstDay, 77)))).toBe('pass');
    await controlsAt(home, addDays(firstDay, 136));
    expect(mailIds(home, 'copy-aging/')).toHaveLength(2);
  });

  test('go on when the customer’s address is refused: the next contact is told', async () => {
    const home = await protectedHome();
    home.mailer.refused.add('ann@acme.example');
    await controlsAt(home, addDays(firstDay, 60));
    const told = home.mailer.sent.filter(({ id }) => id.startsWith('copy-aging/'));
    expect(told.map(({ to }) => to.address)).toEqual(['ben@acme.example']);
    home.mailer.refused.add('ben@acme.example');
    await home.process().run('backup');
    const report = await controlsAt(home, addDays(firstDay, 121));
    expect(report.results.length).toBeGreaterThan(5);
    expect(await openAlerts(home)).toContain('customer-not-told acme/files');
    await home.process().run('backup');
    await controlsAt(home, addDays(firstDay, 122));
    expect(await alertOf(home, 'customer-not-told')).toMatchObject({ status: 'closed', cause: 'no copy grows old' });
    expect(await ledgerSeals.list(home.table, 'LEDGER-SEALS')).toHaveLength(3);
  });

  test('evaluate 1,000 sources, and their report is kept whole', async () => {
    const home = await memoryHome({ now: firstDay });
    const acme = await home.tenant('acme');
    home.plan('unattended', ({ cadences: { weekly }, ...plan }) => ({ ...plan, cadences: weekly ? { weekly } : {} }));
    const writes = Array.from({ length: 1000 }, (_, n) => {
      const source: Source = {
        ...{ tenant: acme.id, name: `s-${n}`, kind: 'directory', location: `/data/${n}`, status: 'active' },
        createdAt: firstDay,
      };
      return sources.write(source);
    });
    for (let i = 0; i < writes.length; i += 100) await home.table.transact(writes.slice(i, i + 100));
    const report = await controlsAt(home, addHours(firstDay, 1));
    expect(report.results.filter(({ id }) => id === 'freshness')).toHaveLength(1000);
    const { failed: _failed, ...kept } = report;
    expect(await showControls.typed(home.process().deps, {})).toEqual(kept);
  });
});

describe('the daily seal', () => {
  test('is made once a day, verifies, and the segments beside it hold what is new of every chain', async () => {
    const home = await protectedHome();
    const seals = async () => (await ledgerSeals.list(home.table, 'LEDGER-SEALS')).map(({ value }) => value);
    for (const hours of [1, 5, 13]) await controlsAt(home, addHours(firstDay, hours));
    expect(await seals()).toHaveLength(1);
    await controlsAt(home, addHours(firstDay, 15));
    await controlsAt(home, addHours(firstDay, 20));
    const [first, second] = await seals();
    expect(await seals()).toHaveLength(2);
    for (const seal of [first, second]) {
      const file = home.evidence.objects.get(seal?.object ?? '');
      expect(JSON.parse(file?.toString() ?? '{}')).toMatchObject({ seal: { root: seal?.root } });
    }
    const verdict = await verifyLedger.typed(home.process().deps, {});
    expect(verdict).toMatchObject({ ok: true, seals: 2, problems: [] });
    for (const chain of verdict.chains.map((one) => one.chain)) {
      const lines = [...home.evidence.objects]
        .filter(([key]) => key.startsWith(`ledger/segments/${chain}/`))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([, bytes]) => bytes.toString().trim().split('\n'));
      const entries = (await ledgerEntries.list(home.table, `LEDGER#${chain}`)).map(({ value }) => value);
      expect(lines.map((line) => JSON.parse(line))).toEqual(entries.slice(0, lines.length));
      expect(lines.length).toBeGreaterThan(0);
    }
  });

  test('shows any entry that was changed, removed or cut off afterwards', async () => {
    for (const spoil of ['change', 'remove', 'cut'] as const) {
      const home = await protectedHome();
      await controlsAt(home, addHours(firstDay, 1));
      const rows = [...home.rows.values()].filter(({ pk }) => pk === 'LEDGER#system');
      const victim = rows.at(spoil === 'cut' ? -1 : 0) ?? expect.fail();
      if (spoil === 'change') {
        const value = { ...(victim.data.value as object), actor: 'nobody' };
        await home.table.transact([{ put: { pk: victim.pk, sk: victim.sk, data: { value } } }]);
      } else await home.table.transact([{ delete: { pk: victim.pk, sk: victim.sk } }]);
      const verdict = await verifyLedger.typed(home.process().deps, {});
      expect(verdict.ok, spoil).toBe(false);
      expect(verdict.problems[0]).toMatchObject({ chain: 'system', seq: expect.any(Number) as number });
    }
  });

  test('may break off at any call of a port: the next run seals the day, and everything verifies', async () => {
    const counted = await protectedHome();
    counted.clock.moveTo(addDays(firstDay, 9));
    const undisturbed = counted.process();
    await runControls.typed(undisturbed.deps, {});
    for (const [round, dieAtCall] of sample(undisturbed.calls(), 20).entries()) {
      const home = await protectedHome();
      home.clock.moveTo(addDays(firstDay, 9));
      const killed = home.process({ dieAtCall, afterEffect: round % 2 === 0 });
      await Promise.race([runControls.typed(killed.deps, {}), killed.died]);
      await controlsAt(home, addHours(addDays(firstDay, 9), 1));
      expect(await ledgerSeals.list(home.table, 'LEDGER-SEALS')).toHaveLength(1);
      expect(await openAlerts(home)).toEqual(['control-missed-slots acme/files', 'control-restore-tested acme/files']);
      expect(new Set(mailIds(home, 'alert/')).size).toBe(2);
      await home.expectLedgerWhole();
    }
  });
});
