import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { NoticeRecord } from '../../src/domain/notice.ts';
import type { Json } from '../../src/ports/table.ts';
import { alerts, notices } from '../../src/records.ts';
import { openEvidence } from '../../src/use-cases/append-ledger.ts';
import { closeAlert } from '../../src/use-cases/change-alert.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { raiseAlert } from '../../src/use-cases/raise-alert.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { mailIds, openAlerts } from './checks.ts';
import { caseOf, erasureDay, firstDay } from './erasure-life.ts';
import {
  bounced,
  bridged,
  complained,
  delivered,
  providerIdOf,
  recipientAddress,
  sesEvent,
  take,
  throughService,
} from './mail-events.ts';
import { finance, type MemoryHome, memoryHome, operator, type TestProcess } from './memory-home.ts';

/** `acme` with an unpaid account, noticed through the mail service; `startLevel` of the plan as given. */
async function noticed(startLevel: 'relayed' | 'accepted' = 'accepted') {
  const home = await memoryHome({ now: firstDay });
  home.plan('unattended', (plan) => ({ ...plan, notice: { ...plan.notice, startLevel } }));
  await home.tenant('acme');
  await home.source('acme', 'files');
  const process = throughService(home);
  const { case: opened } = await takeFinanceEvent.typed(process.deps, {
    ...{ tenant: 'acme', type: 'unpaid', invoice: '2026-77', actor: finance },
  });
  const id = opened?.id ?? '';
  await process.run('notice');
  return { home, process, id, notice: `notice/${id}/d1` };
}

async function recordOf(home: MemoryHome, mailId: string): Promise<NoticeRecord> {
  const [, caseId = ''] = mailId.split('/');
  const stored = await notices.read(home.table, caseId, mailId.replaceAll('/', '.'));
  return stored?.value ?? expect.fail(`no record of ${mailId}`);
}

/** Everything that the home has stored, as text. */
const stored = (home: MemoryHome) => JSON.stringify([...home.rows.values()]);

describe('a notice that SES has delivered', () => {
  test('starts the clock where the plan wants the recipient’s server to have taken it, with the event as evidence', async () => {
    const { home, process, id, notice } = await noticed();
    expect((await caseOf(home, id)).status).toBe('opened');
    home.clock.moveTo('2026-03-02T12:00:00.000Z');
    expect(await take(process, bridged(delivered(notice)))).toEqual([
      { outcome: 'recorded', mail: providerIdOf(notice), type: 'Delivery' },
    ]);
    const value = await caseOf(home, id);
    expect(value).toMatchObject({ status: 'notified', clock: { startedAt: '2026-03-02T12:00:00.000Z' } });
    const record = await recordOf(home, notice);
    expect(record).toMatchObject({
      ...{ status: 'sent', level: 'accepted', providerId: providerIdOf(notice) },
      reports: [
        { kind: 'delivered', at: '2026-03-02T11:00:02.500Z', response: '250 2.6.0 Message for (address) received' },
      ],
    });
    const [report] = record.reports ?? [];
    const sealed = home.evidence.objects.get(report?.evidence ?? '') ?? Buffer.alloc(0);
    const kept = await openEvidence(process.deps, 'acme', report?.evidence ?? '', sealed);
    expect(JSON.parse(kept.toString())).toEqual(delivered(notice));
    expect(hash('sha256', kept, 'hex')).toBe(report?.digest);
    expect(value.deliveries[0]?.levels.at(-1)).toMatchObject({ level: 'accepted', evidence: report?.digest });
  });

  test('leaves no address in the catalog, and none in the answer, which is logged', async () => {
    const { home, process, id, notice } = await noticed();
    const answers = [
      await take(process, bridged(delivered(notice))),
      await take(process, bridged(bounced(notice))),
      await take(process, bridged(complained(notice))),
    ];
    expect(JSON.stringify(answers)).not.toContain('@');
    expect((await caseOf(home, id)).deliveries[0]?.bounced?.reason).toContain('user unknown');
    expect(stored(home)).not.toContain(recipientAddress);
  });

  test('twice, or twenty times, is delivered once', async () => {
    const { home, process, id, notice } = await noticed();
    await take(process, bridged(delivered(notice)));
    const before = await caseOf(home, id);
    home.clock.moveTo('2026-03-09T12:00:00.000Z');
    for (let i = 0; i < 3; i++) await take(process, bridged(delivered(notice)));
    expect(await caseOf(home, id)).toEqual(before);
    expect((await recordOf(home, notice)).reports).toHaveLength(1);
  });

  test('and is told of while the program dies at any call, is delivered once it is told again', async () => {
    for (let call = 1; ; call++) {
      const { home, id, notice } = await noticed();
      const dying = home.process({ dieAtCall: call, afterEffect: call % 2 === 0 });
      const ending = await Promise.race([
        dying.died.then(() => 'died'),
        take(dying, delivered(notice)).then(() => 'ended'),
      ]);
      const heir = throughService(home);
      await take(heir, delivered(notice));
      expect(await caseOf(home, id)).toMatchObject({ status: 'notified' });
      expect((await recordOf(home, notice)).reports).toHaveLength(1);
      await home.expectLedgerWhole();
      if (ending === 'ended') break;
    }
  });
});

describe('an event', () => {
  test.each([
    ['EventBridge', (event: Json) => bridged(event)],
    [
      'SNS',
      (event: Json) => ({
        Records: [{ EventSource: 'aws:sns', Sns: { Type: 'Notification', Message: JSON.stringify(event) } }],
      }),
    ],
    [
      'SQS behind EventBridge',
      (event: Json) => ({ Records: [{ messageId: '1', body: JSON.stringify(bridged(event)) }] }),
    ],
    [
      'SQS behind SNS',
      (event: Json) => ({
        Records: [{ messageId: '1', body: JSON.stringify({ Type: 'Notification', Message: JSON.stringify(event) }) }],
      }),
    ],
    ['SES itself', (event: Json) => event],
  ])('is understood as it comes from %s', async (_, wrap) => {
    const { home, process, id, notice } = await noticed();
    await take(process, wrap(delivered(notice)));
    expect((await caseOf(home, id)).status).toBe('notified');
  });

  test('of an identity without a configuration set is found by the id of SES alone', async () => {
    const { home, process, id, notice } = await noticed();
    const { eventType, ...event } = delivered(notice, { id: null }) as Record<string, Json>;
    await take(process, { ...event, notificationType: eventType ?? null });
    expect((await caseOf(home, id)).status).toBe('notified');
  });

  test('about a second copy of a mail, whose first answer was lost, is found by its tag', async () => {
    const { home, process, id, notice } = await noticed();
    await take(process, bridged(delivered(notice, { providerId: '0100-another' })));
    expect((await caseOf(home, id)).status).toBe('notified');
  });

  test('ahead of the record of its mail comes again, and then counts', async () => {
    const { home, process, id, notice } = await noticed();
    const sent = await recordOf(home, notice);
    const { providerId: _p, messageId: _m, level: _l, ...rest } = sent;
    await home.table.transact([notices.write({ ...rest, status: 'intended' })]);
    await expect(take(process, bridged(bounced(notice)))).rejects.toMatchObject({ name: 'UnavailableError' });
    expect((await caseOf(home, id)).deliveries[0]?.bounced).toBeUndefined();
    await home.table.transact([notices.write(sent)]);
    await take(process, bridged(bounced(notice)));
    expect((await caseOf(home, id)).deliveries[0]?.bounced).toBeDefined();
  });

  test.each([
    ['of another sender in the account', delivered('x', { id: null })],
    ['with a tag that is none of ours', sesEvent('Delivery', 'x', { delivery: { timestamp: firstDay } }, { id: null })],
    ['of a case of another deployment', bounced('notice/c-00000000ff/d1')],
    ['of an alert of another deployment', bounced('alert/a-00000000ff/2026-03-02T10:00:00.000Z')],
    ['of a tenant of another deployment', bounced('copy-aging/s-1', 'Permanent', { trace: 't-unknown' })],
  ])('%s is ignored, and says why', async (_, event) => {
    const { home, process } = await noticed();
    const before = stored(home);
    const [taken] = await take(process, bridged(event));
    expect(taken).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringContaining('not of this deployment') as string,
    });
    expect(stored(home)).toBe(before);
  });

  test.each(['Send', 'Open', 'Click', 'Subscription'])('of the type %s says nothing that is kept', async (type) => {
    const { home, process, notice } = await noticed();
    const before = stored(home);
    expect(await take(process, bridged(sesEvent(type, notice, {})))).toMatchObject([{ outcome: 'ignored', type }]);
    expect(stored(home)).toBe(before);
  });

  test.each([
    ['nothing', null],
    ['an object of another kind', { source: 'aws.s3', detail: {} }],
    ['no JSON in SNS', { Records: [{ Sns: { Message: '{' } }] }],
    ['no mail', { eventType: 'Delivery' }],
    ['no records', { Records: [] }],
    ['a number for an id', { eventType: 'Delivery', mail: { messageId: 7, timestamp: firstDay } }],
  ])('that is none (%s) is refused', async (_, event) => {
    const { process } = await noticed();
    await expect(take(process, event as Json)).rejects.toMatchObject({ name: 'InvalidError' });
  });

  test('in a batch is taken one by one', async () => {
    const { home, process, id, notice } = await noticed();
    const Records = [delivered(notice), complained(notice)].map((event) => ({ body: JSON.stringify(bridged(event)) }));
    expect((await take(process, { Records })).map(({ type }) => type)).toEqual(['Delivery', 'Complaint']);
    expect((await caseOf(home, id)).status).toBe('notified');
    expect((await recordOf(home, notice)).reports?.map(({ kind }) => kind)).toEqual(['delivered', 'complaint']);
  });
});

describe('a notice that came back', () => {
  test('for good before its clock ran goes to the next contact at once', async () => {
    const { home, process, id, notice } = await noticed();
    await take(process, bridged(bounced(notice)));
    expect(mailIds(home, 'notice/')).toEqual([notice, `notice/${id}/d2`]);
    await take(process, bridged(delivered(`notice/${id}/d2`)));
    expect(await caseOf(home, id)).toMatchObject({ status: 'notified', clock: { basis: { delivery: 'd2' } } });
  });

  test('late stops the clock that runs, and the full notice begins with the next contact', async () => {
    const { home, process, id, notice } = await noticed('relayed');
    expect(await caseOf(home, id)).toMatchObject({ status: 'notified', clock: { dueAt: '2026-04-01T23:59:59.999Z' } });
    home.clock.moveTo('2026-03-20T11:00:00.000Z');
    await take(process, bridged(bounced(notice)));
    expect(await caseOf(home, id)).toMatchObject({ status: 'notified', clock: { dueAt: '2026-04-19T23:59:59.999Z' } });
    expect(await openAlerts(home)).toEqual([`case-late-bounce ${id}`]);
    home.clock.moveTo(erasureDay);
    await process.run('notice', { scheduledAt: erasureDay });
    expect((await caseOf(home, id)).status).toBe('notified');
    expect(await process.runner.list({ machine: 'erasure' })).toEqual([]);
  });

  test('from every contact makes the case undeliverable; nothing is erased on it', async () => {
    const { home, process, id, notice } = await noticed('relayed');
    await take(process, bridged(bounced(notice)));
    await take(process, bridged(bounced(`notice/${id}/d2`)));
    expect((await caseOf(home, id)).status).toBe('undeliverable');
    expect(await openAlerts(home)).toContain(`case-undeliverable ${id}`);
    home.clock.moveTo('2026-06-01T00:30:00.000Z');
    await process.run('notice', { scheduledAt: home.clock.now() });
    expect(await process.runner.list({ machine: 'erasure' })).toEqual([]);
  });

  test('for good is not delivered by an event that comes late', async () => {
    const { home, process, id, notice } = await noticed();
    await take(process, bridged(bounced(notice)));
    const before = (await caseOf(home, id)).deliveries[0];
    await take(process, bridged(delivered(notice)));
    expect((await caseOf(home, id)).deliveries[0]).toEqual(before);
    expect((await recordOf(home, notice)).reports?.map(({ kind }) => kind)).toEqual(['bounced', 'delivered']);
  });

  test('twice is one bounce and one alert, also after the operator has closed that', async () => {
    const { home, process, id, notice } = await noticed('relayed');
    await take(process, bridged(bounced(notice)));
    const before = await caseOf(home, id);
    for (const { value } of await alerts.list(home.table, 'ALERTS')) {
      await closeAlert.typed(process.deps, { alert: value.id, cause: 'mended', actor: operator });
    }
    await take(process, bridged(bounced(notice)));
    expect(await caseOf(home, id)).toEqual(before);
    expect(await openAlerts(home)).toEqual([]);
    expect(mailIds(home, 'notice/')).toHaveLength(2);
  });

  test('for now is recorded and shown to the operator, and changes nothing else', async () => {
    const { home, process, id, notice } = await noticed('relayed');
    const before = await caseOf(home, id);
    await take(process, bridged(bounced(notice, 'Transient')));
    expect(await caseOf(home, id)).toEqual(before);
    expect(await openAlerts(home)).toEqual([`mail-failing ${notice.replaceAll('/', '.')}`]);
    expect((await recordOf(home, notice)).reports).toMatchObject([{ kind: 'failing' }]);
    await take(process, bridged(delivered(notice)));
    expect(await openAlerts(home)).toEqual([]);
  });

  test.each([
    ['SES', async (process: TestProcess, _id: string, notice: string) => await take(process, bridged(bounced(notice)))],
    [
      'a person',
      async ({ deps }: TestProcess, id: string) =>
        await changeCase.typed(deps, {
          ...{ case: id, actor: operator },
          change: { type: 'bounce', delivery: 'd1', reason: 'the phone says so' },
        }),
    ],
  ])('for now and then for good, as %s says, is no question any more', async (_who, say) => {
    const { home, process, id, notice } = await noticed('relayed');
    await take(process, bridged(bounced(notice, 'Transient')));
    expect(await openAlerts(home)).toEqual([`mail-failing ${notice.replaceAll('/', '.')}`]);
    await say(process, id, notice);
    expect(await openAlerts(home)).toEqual([`case-late-bounce ${id}`]);
  });

  test('for now after it has arrived is the answer of somebody who is away: no alert', async () => {
    const { home, process, notice } = await noticed();
    await take(process, bridged(delivered(notice)));
    await take(process, bridged(bounced(notice, 'Transient')));
    expect(await openAlerts(home)).toEqual([]);
  });

  test('since SES refused to send it counts as come back', async () => {
    const { home, process, id, notice } = await noticed();
    await take(process, bridged(sesEvent('Reject', notice, { reject: { reason: 'Bad content' } })));
    expect((await caseOf(home, id)).deliveries[0]?.bounced?.reason).toBe('rejected by SES, Bad content');
  });

  test('is only delayed: that is on record and nobody is told', async () => {
    const { home, process, notice } = await noticed();
    const delay = {
      timestamp: '2026-03-02T12:00:00.000Z',
      delayType: 'MailboxFull',
      delayedRecipients: [{ status: '4.2.2' }],
    };
    await take(process, bridged(sesEvent('DeliveryDelay', notice, { deliveryDelay: delay })));
    expect((await recordOf(home, notice)).reports).toMatchObject([{ kind: 'delayed', response: 'MailboxFull, 4.2.2' }]);
    expect(await openAlerts(home)).toEqual([]);
  });
});

test('a complaint is recorded and shown to the operator; the notice counts as it did', async () => {
  const { home, process, id, notice } = await noticed('relayed');
  const before = await caseOf(home, id);
  await take(process, bridged(complained(notice)));
  expect(await caseOf(home, id)).toEqual(before);
  expect(await openAlerts(home)).toEqual([`mail-complaint ${notice.replaceAll('/', '.')}`]);
  expect((await recordOf(home, notice)).reports).toMatchObject([{ kind: 'complaint', response: 'abuse' }]);
});

describe('a mail that is no notice', () => {
  test('a deletion report: its delivery is on record, its bounce makes somebody hand it over', async () => {
    const { home, process, id } = await noticed('relayed');
    home.clock.moveTo(erasureDay);
    const run = { scheduledAt: erasureDay };
    await process.run('notice', run);
    const before = await caseOf(home, id);
    expect(before.status).toBe('closed');
    await take(process, bridged(delivered(`deletion-report/${id}/0`)));
    expect(await recordOf(home, `deletion-report/${id}/0`)).toMatchObject({
      level: 'accepted',
      reports: [{ kind: 'delivered' }],
    });
    await take(process, bridged(bounced(`deletion-report/${id}/1`)));
    expect((await recordOf(home, `deletion-report/${id}/1`)).reports).toMatchObject([{ kind: 'bounced' }]);
    expect(await openAlerts(home)).toEqual([`report-undeliverable ${id}`]);
    expect((await alerts.list(home.table, 'ALERTS')).some(({ value }) => value.tenant === 'acme')).toBe(false);
    expect(await caseOf(home, id)).toEqual(before);
  });

  test('a reminder that comes back is an alert: the notice has arrived, the address has gone since', async () => {
    const { home, process, id } = await noticed('relayed');
    home.clock.moveTo('2026-03-25T12:00:00.000Z');
    await process.run('notice', { scheduledAt: home.clock.now() });
    const reminder = `reminder/${id}/2026-04-01/7`;
    const before = await caseOf(home, id);
    await take(process, bridged(bounced(reminder)));
    expect(await caseOf(home, id)).toEqual(before);
    expect(await openAlerts(home)).toEqual([`mail-bounced ${reminder.replaceAll('/', '.')}`]);
  });

  test('without a record, to a contact of a tenant, is an alert when it comes back, and nothing when it arrives', async () => {
    const { home, process } = await noticed();
    const { ledgerId } = await home.tenant('bees');
    const event = (make: typeof delivered) => bridged(make('copy-aging/s-1', { trace: ledgerId }));
    expect(await take(process, event(delivered))).toMatchObject([{ outcome: 'ignored' }]);
    expect(
      await take(
        process,
        event((id, options) => bounced(id, 'Permanent', options)),
      ),
    ).toMatchObject([{ outcome: 'told-operator' }]);
    expect(await openAlerts(home)).toEqual(['mail-bounced copy-aging/s-1']);
  });

  test('an alert to the operator that comes back opens one alert, whose own mail ends the circle', async () => {
    const { home, process } = await noticed();
    const alert = await raiseAlert(process.deps, { kind: 'k', subject: 's', message: 'm' });
    await take(process, bridged(bounced(`alert/${alert.id}/${alert.openedAt}`)));
    const sent = mailIds(home, 'alert/');
    const [own] = (await alerts.list(home.table, 'ALERTS')).filter(({ value }) => value.subject === 'operator');
    await take(process, bridged(bounced(`alert/${own?.value.id}/${own?.value.openedAt}`)));
    expect(mailIds(home, 'alert/')).toEqual(sent);
    expect(await openAlerts(home)).toEqual(['k s', 'mail-bounced operator']);
  });
});
