import { hash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definitionOf, tasksOf } from '../../src/adapters/embedded/asl-definitions.ts';
import { addHours } from '../../src/domain/calendar.ts';
import { UnavailableError } from '../../src/domain/errors.ts';
import { cases, notices, pendingEffects, tenants } from '../../src/records.ts';
import { openEvidence } from '../../src/use-cases/append-ledger.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { stopDestruction } from '../../src/use-cases/set-operator-stop.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { dieAfter, failing, itemOfEvent, mailIds, openAlerts, sample, twice, twins } from './checks.ts';
import { caseOf, firstDay } from './erasure-life.ts';
import { finance, type MemoryHome, memoryHome, operator } from './memory-home.ts';

const definitions = join(import.meta.dirname, '../../state-machines');

/** A home with unpaid tenants, each with a case that is open and not noticed. Answers the cases' ids. */
async function unpaid(ids: string[], options: Parameters<typeof memoryHome>[0] = {}) {
  const home = await memoryHome({ now: firstDay, ...options });
  const opened: string[] = [];
  for (const tenant of ids) {
    await home.tenant(tenant);
    await home.source(tenant, 'files');
    const { case: value } = await takeFinanceEvent.typed(home.process().deps, {
      ...{ tenant, type: 'unpaid', actor: finance },
    });
    opened.push(value?.id ?? '');
  }
  return { home, ids: opened, id: opened[0] ?? '' };
}

async function sweepAt(home: MemoryHome, at: string) {
  home.clock.moveTo(at);
  return await home.process().run('notice', { scheduledAt: at });
}

const statuses = async (home: MemoryHome, ids: string[]) =>
  await Promise.all(ids.map(async (id) => (await caseOf(home, id)).status));

describe('a sweep', () => {
  test('sends the notice with its evidence, once, and starts the clock: 30 whole local days', async () => {
    const { home, id } = await unpaid(['acme']);
    expect(mailIds(home)).toEqual([]);
    for (const hour of ['10', '11', '12']) await sweepAt(home, `2026-03-02T${hour}:30:00.000Z`);
    expect(mailIds(home)).toEqual([`notice/${id}/d1`]);
    expect(home.mailer.sent[0]).toMatchObject({ to: { address: 'ann@acme.example' }, language: 'en' });
    expect(await caseOf(home, id)).toMatchObject({
      status: 'notified',
      noticeSentAt: '2026-03-02T10:30:00.000Z',
      clock: { days: 30, dueAt: '2026-04-01T23:59:59.999Z', destroyFrom: '2026-04-02T00:00:00.000Z' },
    });
    const [record] = (await notices.list(home.table, `CASE#${id}`, { prefix: 'NOTICE#' })).map(({ value }) => value);
    expect(record).toMatchObject({ status: 'sent', level: 'relayed', response: 'kept in memory' });
    const key = record?.evidence ?? '';
    const kept = await openEvidence(
      home.process().deps,
      'acme',
      key,
      home.evidence.objects.get(key) ?? Buffer.alloc(0),
    );
    expect(kept.equals(home.mailer.raw[0] ?? Buffer.alloc(0))).toBe(true);
    expect(hash('sha256', kept, 'hex')).toBe(record?.digest);
    expect((await tenants.read(home.table, 'acme'))?.value.status).toBe('frozen');
  });

  test('reminds 7 days and 1 day before the due day, once each', async () => {
    const { home, id } = await unpaid(['acme']);
    for (let hours = 0; hours < 31 * 24; hours += 6) await sweepAt(home, addHours(firstDay, hours));
    expect(mailIds(home)).toEqual([
      `notice/${id}/d1`,
      `reminder/${id}/2026-04-01/7`,
      `reminder/${id}/2026-04-01/1`,
      ...[0, 1].map((contact) => `deletion-report/${id}/${contact}`),
    ]);
    const sent = home.mailer.sent.map(({ sentAt }) => sentAt.slice(0, 10));
    expect(sent.slice(1, 3)).toEqual(['2026-03-25', '2026-03-31']);
  });

  test('that comes after days without one skips no rule: notice in full, only the nearest reminder, erasure at its time', async () => {
    const { home, id } = await unpaid(['acme']);
    await sweepAt(home, '2026-05-15T10:00:00.000Z');
    expect(await caseOf(home, id)).toMatchObject({ status: 'notified', clock: { dueAt: '2026-06-14T23:59:59.999Z' } });
    await sweepAt(home, '2026-06-14T08:00:00.000Z');
    expect(mailIds(home)).toEqual([`notice/${id}/d1`, `reminder/${id}/2026-06-14/1`]);
    await sweepAt(home, '2026-09-01T08:00:00.000Z');
    expect((await caseOf(home, id)).status).toBe('closed');
  });

  test('counts days in the tenant’s own time zone, also over a change of the clocks', async () => {
    const home = await memoryHome({ now: '2026-03-01T23:30:00.000Z' });
    await home.tenant('acme', { timezone: 'America/New_York' });
    const process = home.process();
    const { case: value } = await takeFinanceEvent.typed(process.deps, {
      ...{ tenant: 'acme', type: 'unpaid', actor: finance },
    });
    await process.run('notice');
    // It is the first of March there; clocks go forward on the eighth.
    expect(await caseOf(home, value?.id ?? '')).toMatchObject({ clock: { dueAt: '2026-04-01T03:59:59.999Z' } });
  });

  test('newly notices three tenants a day and no more; the fourth waits until tomorrow', async () => {
    const { home, ids } = await unpaid(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    const first = await sweepAt(home, '2026-03-02T11:00:00.000Z');
    expect(first).toMatchObject({ outcome: 'blocked', counts: { done: 3, blocked: 4 } });
    expect(first.items.find(({ status }) => status === 'blocked')?.reasons.join()).toContain('the limit is 3');
    expect((await statuses(home, ids)).filter((status) => status === 'notified')).toHaveLength(3);
    await sweepAt(home, '2026-03-02T23:00:00.000Z');
    expect(mailIds(home, 'notice/')).toHaveLength(3);
    await sweepAt(home, '2026-03-03T01:00:00.000Z');
    expect(mailIds(home, 'notice/')).toHaveLength(6);
    await sweepAt(home, '2026-03-04T01:00:00.000Z');
    expect(await statuses(home, ids)).toEqual(ids.map(() => 'notified'));
    expect(new Set(mailIds(home, 'notice/')).size).toBe(7);
  });

  test('keeps that limit when several sweeps run at the same time', async () => {
    const { home } = await unpaid(['a', 'b', 'c', 'd', 'e', 'f']);
    await Promise.all([1, 2, 3].map(async () => await home.process().run('notice')));
    expect(new Set(mailIds(home, 'notice/')).size).toBe(3);
  });

  test('counts a tenant that was noticed otherwise, also when its case is over the same day', async () => {
    const { home, ids } = await unpaid(['a', 'b', 'c', 'd']);
    const { deps } = home.process();
    const letter = { channel: 'registered-mail', level: 'acknowledged', contact: 0 } as const;
    for (const change of [
      { type: 'notice-recorded' as const, ...letter, evidence: hash('sha256', 'a receipt') },
      { type: 'cancel' as const },
    ]) {
      await changeCase.typed(deps, { case: ids[0] ?? '', actor: operator, change });
    }
    await home.process().run('notice');
    expect(mailIds(home, 'notice/')).toHaveLength(2);
    await sweepAt(home, '2026-03-03T01:00:00.000Z');
    expect(mailIds(home, 'notice/')).toHaveLength(3);
  });

  test('carries out what a crash has left of a case that is over', async () => {
    const { home, id } = await unpaid(['acme']);
    const effect = { type: 'mail' as const, template: 'cancellation' as const, contact: 0, mailId: 'left/behind' };
    await home.table.transact([pendingEffects.write({ caseId: id, id: '000009-0', effect })]);
    await changeCase.typed(home.process().deps, { case: id, actor: operator, change: { type: 'cancel' } });
    await sweepAt(home, '2026-03-02T11:00:00.000Z');
    expect(mailIds(home, 'left/')).toHaveLength(1);
    expect(await pendingEffects.all(home.table)).toEqual([]);
  });

  test('a case without authority takes nobody’s place in that limit', async () => {
    const { home } = await unpaid(['c', 'd', 'e']);
    home.plan('standard', (plan) => ({ ...plan, authority: { nonPayment: '', obsolete: '' } }));
    for (const tenant of ['a', 'b']) {
      await home.tenant(tenant, { plan: 'standard' });
      await takeFinanceEvent.typed(home.process().deps, { tenant, type: 'unpaid', actor: finance });
    }
    await home.process().run('notice');
    await home.process().run('notice');
    expect(mailIds(home, 'notice/')).toHaveLength(3);
  });

  test('under a hold gives notice and waits with the erasure, saying which hold', async () => {
    const { home, id } = await unpaid(['acme']);
    const hold = await placeHold.typed(home.process().deps, { tenant: 'acme', reason: 'lawsuit', actor: operator });
    await sweepAt(home, '2026-03-02T11:00:00.000Z');
    expect((await caseOf(home, id)).status).toBe('notified');
    const held = await sweepAt(home, '2026-04-05T00:30:00.000Z');
    expect(held).toMatchObject({ outcome: 'blocked', counts: { blocked: 1 } });
    expect(held.items[0]?.reasons.join()).toContain(hold.id);
    expect((await caseOf(home, id)).status).toBe('due');
  });

  test('in a quarantined home mails nobody; while destruction is stopped it gives notice and erases nothing', async () => {
    const { home, id } = await unpaid(['acme']);
    const quarantine = { name: 'quarantine', at: firstDay, by: 'recover', reason: 'rebuilt' };
    await home.table.transact([{ put: { pk: 'SYSTEM', sk: 'quarantine', data: { value: quarantine } } }]);
    const report = await sweepAt(home, '2026-03-02T11:00:00.000Z');
    expect(report.items[0]?.reasons.join()).toContain('quarantined');
    expect(mailIds(home)).toEqual([]);
    await home.table.transact([{ delete: { pk: 'SYSTEM', sk: 'quarantine' } }]);
    await stopDestruction.typed(home.process().deps, { reason: 'wait', actor: operator });
    await sweepAt(home, '2026-03-02T12:00:00.000Z');
    expect(mailIds(home)).toEqual([`notice/${id}/d1`]);
    const stopped = await sweepAt(home, '2026-04-05T12:00:00.000Z');
    expect(stopped.items[0]?.reasons.join()).toContain('everything destructive was stopped');
    expect((await home.process().runner.list({ machine: 'erasure' })).length).toBe(0);
  });

  test('in a real home whose clock has jumped mails nobody', async () => {
    const { home } = await unpaid(['acme'], { simulated: false });
    const report = await sweepAt(home, '2026-03-09T11:00:00.000Z');
    expect(report).toMatchObject({ outcome: 'blocked' });
    expect(report.items[0]?.reasons.join()).toContain('48 h');
    expect(mailIds(home)).toEqual([]);
  });

  test('of a case whose mail server does not answer tries again with the next one; the others are served', async () => {
    const { home, ids } = await unpaid(['a', 'b']);
    const broken = home.process({
      change: (deps) => ({
        mailer: {
          send: async (mail) => {
            if (mail.to.address.endsWith('@a.example')) throw new UnavailableError('greylisted');
            return await deps.mailer.send(mail);
          },
        },
      }),
    });
    const report = await broken.run('notice');
    expect(report.execution.status).toBe('succeeded');
    expect(report).toMatchObject({ outcome: 'failed', counts: { done: 1, failed: 1 } });
    expect(await statuses(home, ids)).toEqual(['opened', 'notified']);
    await sweepAt(home, '2026-03-02T12:00:00.000Z');
    expect(mailIds(home)).toEqual([`notice/${ids[1]}/d1`, `notice/${ids[0]}/d1`]);
    expect(await caseOf(home, ids[0] ?? '')).toMatchObject({ noticeSentAt: '2026-03-02T12:00:00.000Z' });
  });

  test('counts a case that was planned and not done as failed, and does not fail by one that fails for good', async () => {
    const { home } = await unpaid(['a', 'b']);
    const lost = home.process({
      around: async (name, event, call) => {
        if (name === 'SendDueNotices' && itemOfEvent(event) === 0) return { outcome: 'waiting' };
        if (name === 'SendDueNotices') throw new Error('broken');
        return await call();
      },
    });
    const report = await lost.run('notice');
    expect(report.execution.status).toBe('succeeded');
    expect(report).toMatchObject({ outcome: 'failed', counts: { failed: 2 } });
  });
});

describe('a notice that bounces', () => {
  test('goes to the next contact at once, and the clock starts with that one', async () => {
    const { home, id } = await unpaid(['acme']);
    home.mailer.refused.add('ann@acme.example');
    await sweepAt(home, '2026-03-02T11:00:00.000Z');
    expect(mailIds(home, 'notice/')).toEqual([`notice/${id}/d2`]);
    expect(home.mailer.sent[0]?.to.address).toBe('ben@acme.example');
    expect(await caseOf(home, id)).toMatchObject({
      status: 'notified',
      deliveries: [{ contact: 0, bounced: { at: '2026-03-02T11:00:00.000Z' } }, { contact: 1 }],
      clock: { basis: { delivery: 'd2' } },
    });
    await sweepAt(home, '2026-03-25T11:00:00.000Z');
    expect(home.mailer.sent.at(-1)).toMatchObject({
      id: `reminder/${id}/2026-04-01/7`,
      to: { address: 'ben@acme.example' },
    });
  });

  test('everywhere makes the case undeliverable and asks the operator; nothing is ever erased on it', async () => {
    const { home, id } = await unpaid(['acme']);
    for (const who of ['ann', 'ben']) home.mailer.refused.add(`${who}@acme.example`);
    await sweepAt(home, '2026-03-02T11:00:00.000Z');
    expect((await caseOf(home, id)).status).toBe('undeliverable');
    expect(await openAlerts(home)).toEqual([`case-undeliverable ${id}`]);
    await sweepAt(home, '2026-06-01T11:00:00.000Z');
    expect((await caseOf(home, id)).status).toBe('undeliverable');
    expect(await home.process().runner.list({ machine: 'erasure' })).toEqual([]);
    home.mailer.refused.clear();
    const again = { type: 'notify-contact' as const, contact: 1 };
    await changeCase.typed(home.process().deps, { case: id, actor: operator, change: again });
    await sweepAt(home, '2026-06-02T11:00:00.000Z');
    expect(await caseOf(home, id)).toMatchObject({ status: 'notified', clock: { dueAt: '2026-07-01T23:59:59.999Z' } });
  });

  test('late, while the clock runs, stops it and begins with the next contact in full', async () => {
    const { home, id } = await unpaid(['acme']);
    await sweepAt(home, '2026-03-02T11:00:00.000Z');
    home.clock.moveTo('2026-03-20T11:00:00.000Z');
    const bounce = { type: 'bounce' as const, delivery: 'd1', reason: 'mailbox full' };
    await changeCase.typed(home.process().deps, { case: id, actor: operator, change: bounce });
    await sweepAt(home, '2026-03-20T12:00:00.000Z');
    expect(mailIds(home, 'notice/')).toEqual([`notice/${id}/d1`, `notice/${id}/d2`]);
    expect(await caseOf(home, id)).toMatchObject({ status: 'notified', clock: { dueAt: '2026-04-19T23:59:59.999Z' } });
  });
});

describe('a customer’s request that nobody confirms', () => {
  test('lapses after its code has expired, and nothing is erased', async () => {
    const home = await memoryHome({ now: firstDay });
    await home.tenant('acme');
    await home.source('acme', 'files');
    const opened = await openCase.typed(home.process().deps, {
      ...{ tenant: 'acme', reason: 'customer-request', actor: { kind: 'customer', id: 'ann' } },
    });
    expect(mailIds(home)).toHaveLength(1);
    await sweepAt(home, '2026-03-04T09:00:00.000Z');
    expect((await caseOf(home, opened.id)).status).toBe('opened');
    await sweepAt(home, '2026-03-04T11:00:00.000Z');
    expect(await caseOf(home, opened.id)).toMatchObject({ status: 'cancelled', cause: 'not-confirmed' });
  });
});

describe('every step of a sweep', () => {
  async function expectNoticed(home: MemoryHome, ids: string[]) {
    expect(await statuses(home, ids)).toEqual(ids.map(() => 'notified'));
    expect(mailIds(home).sort()).toEqual(ids.map((id) => `notice/${id}/d1`).sort());
    for (const { value } of await cases.all(home.table)) {
      expect(value.deliveries).toHaveLength(1);
      const [record] = await notices.list(home.table, `CASE#${value.id}`, { prefix: 'NOTICE#' });
      const key = record?.value.evidence ?? '';
      const sealed = home.evidence.objects.get(key) ?? Buffer.alloc(0);
      const kept = await openEvidence(home.process().deps, value.tenant, key, sealed);
      expect(hash('sha256', kept, 'hex')).toBe(record?.value.digest);
      expect(record?.value.digest).toBe(value.deliveries[0]?.levels[0]?.evidence);
    }
    await home.expectLedgerWhole();
  }

  test('may be done twice: every mail is handed over once', async () => {
    const { home, ids } = await unpaid(['a', 'b']);
    await home.process({ around: twice }).run('notice');
    await home.process().run('notice');
    await expectNoticed(home, ids);
    expect(home.handedOver).toHaveLength(2);
  });

  test('may be done by two at the same time', async () => {
    const { home, ids } = await unpaid(['a', 'b']);
    await home.process({ around: twins }).run('notice');
    await home.process().run('notice');
    await expectNoticed(home, ids);
  });

  const steps = tasksOf(definitionOf('notice', definitions)).map(({ functionName }) => functionName);
  const onTheGoodPath = [...new Set(steps)].filter((name) => name !== 'RecordFault' && name !== 'StartDueErasure');

  test.each(onTheGoodPath)('may be the last one before the process is killed: %s', async (step) => {
    const { home, ids } = await unpaid(['a', 'b']);
    expect(await home.process({ around: dieAfter(step) }).runOrDie('notice')).toBe('died');
    await home.process().redrive();
    await expectNoticed(home, ids);
  });

  test('a sweep that is killed at any call of a port leaves the next one to go on: same mails, sent once', async () => {
    const counted = await unpaid(['a', 'b']);
    const undisturbed = counted.home.process();
    await undisturbed.run('notice');
    for (const [round, dieAtCall] of sample(undisturbed.calls(), 20).entries()) {
      const { home, ids } = await unpaid(['a', 'b']);
      const killed = home.process({ dieAtCall, afterEffect: round % 2 === 0 });
      expect(await killed.runOrDie('notice'), `call ${dieAtCall}`).toBe('died');
      if (round % 3 === 0) await home.process().redrive();
      await sweepAt(home, '2026-03-02T12:30:00.000Z');
      await expectNoticed(home, ids);
    }
  });

  test('a notice whose bytes were kept and whose sending was not recorded is on record as it was kept', async () => {
    const { home, ids } = await unpaid(['a']);
    const killed = home.process({
      change: (deps) => ({
        evidence: {
          list: (prefix, options) => deps.evidence.list(prefix, options),
          head: (key) => deps.evidence.head(key),
          get: (key, range) => deps.evidence.get(key, range),
          purge: (keys) => deps.evidence.purge(keys),
          extendLock: (key, until) => deps.evidence.extendLock(key, until),
          put: async (key, data) => {
            await deps.evidence.put(key, data);
            killed.kill();
          },
        },
      }),
    });
    expect(await killed.runOrDie('notice')).toBe('died');
    await sweepAt(home, '2026-03-02T12:30:00.000Z');
    await expectNoticed(home, ids);
  });

  test('a step of the sweep itself that fails for good is told, and the next sweep makes it good', async () => {
    const { home, ids } = await unpaid(['a', 'b']);
    const broken = home.process({ around: failing('SelectCases', () => new Error('no list')) });
    const report = await broken.run('notice');
    expect(report).toMatchObject({ outcome: 'failed', fault: { name: 'Error', message: 'no list' } });
    await home.process().run('notice');
    expect(await statuses(home, ids)).toEqual(['notified', 'notified']);
  });
});
