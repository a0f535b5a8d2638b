import { describe, expect, it } from 'vitest';
import { addCalendarDays } from '../../src/domain/calendar.ts';
import { type Case, shownStatus } from '../../src/domain/case.ts';
import { eraseObstacles } from '../../src/domain/case-obstacles.ts';
import { casePolicy } from '../../src/domain/case-policy.ts';
import { decide } from '../../src/domain/decide.ts';
import { InvalidError } from '../../src/domain/errors.ts';
import { parsePlan, standardPlan, unattendedPlan } from '../../src/domain/plan.ts';
import {
  anna,
  ben,
  customer,
  finance,
  hold,
  opening,
  policy,
  Story,
  system,
  type Told,
  unattended,
} from './case-fixtures.ts';

const start = '2026-10-01T12:00:00.000Z'; // 14:00 in Berlin, summer time

function clockOf(value: Case | undefined) {
  if (value === undefined || !('clock' in value)) throw new Error('no clock runs');
  return value.clock;
}

/** A non-payment case that is due and approved, at the first instant of destruction. */
function ready(plan = unattended): Story {
  const story = new Story(start, plan).noticed('non-payment');
  if (plan.approval === 'required') story.tell({ type: 'approve', actor: anna });
  return story.at(clockOf(story.value).destroyFrom).tick();
}

describe('the plan of a case', () => {
  it('is read from the plans that init writes', () => {
    expect(casePolicy(parsePlan(standardPlan, 'standard.yml'))).toMatchObject({ noticeDays: 30, approval: 'required' });
    expect(casePolicy(parsePlan(unattendedPlan, 'unattended.yml'))).toMatchObject({
      settlementDays: 0,
      approval: 'none',
    });
  });

  it('is pinned when the case opens', () => {
    const story = new Story(start, policy);
    story.tell(opening('non-payment', start));
    story.plan = { ...policy, noticeDays: 90 };
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd1', level: 'relayed', evidence: 'x' });
    expect(clockOf(story.value).days).toBe(30);
  });

  it.each([29, 0, 30.5, Number.NaN])('with %s days of notice opens no case', (noticeDays) => {
    const story = new Story(start, { ...policy, noticeDays });
    expect(story.try(opening('non-payment', start))).toMatchObject({ ok: false, code: 'invalid' });
  });
});

describe('opening', () => {
  it.each([
    ['non-payment', customer],
    ['non-payment', { kind: 'system', id: ' ' }],
    ['obsolete', finance],
    ['obsolete', system],
    ['obsolete', customer],
    ['customer-request', finance],
    ['customer-request', system],
  ] as const)('a %s case is not for %o', (reason, actor) => {
    expect(new Story(start).try({ ...opening(reason, start), actor })).toMatchObject({ ok: false, code: 'invalid' });
  });

  it('freezes an unpaid tenant and plans the notice to the first contact', () => {
    const story = new Story(start);
    story.tell(opening('non-payment', start));
    expect(story.effects).toEqual([
      { type: 'freeze' },
      { type: 'send-notice', delivery: 'd1', contact: 0, mailId: 'notice/c-0123456789/d1' },
    ]);
    expect(story.value?.authority).toEqual({
      clause: 'clause 9.2 of the agreement',
      reference: `plan ${'ab'.repeat(6)}`,
      by: 'billing',
      at: start,
    });
  });

  it('without an authority sends nothing until an operator gives one', () => {
    const story = new Story(start, { ...policy, authority: {} });
    story.tell(opening('non-payment', start));
    expect(story.did).toEqual(['freeze', 'authority-missing']);
    expect(story.tick().effects).toMatchObject([{ type: 'blocked', reasons: [{ code: 'authority-missing' }] }]);
    const record = {
      type: 'notice-recorded',
      actor: anna,
      contact: 0,
      channel: 'post',
      level: 'accepted',
      evidence: 'x',
    } as const;
    expect(story.try(record)).toMatchObject({ ok: false, code: 'blocked' });
    const authority = { clause: 'order', reference: 'AZ 7 O 12/26', by: 'court', at: start };
    expect(story.try({ type: 'authorise', actor: anna, authority: { ...authority, reference: ' ' } }).ok).toBe(false);
    story.tell({ type: 'authorise', actor: anna, authority });
    expect(story.did).toEqual(['send-notice']);
  });

  it('twice is a conflict, and nothing happens to a case that does not exist', () => {
    const story = new Story(start);
    expect(story.try({ type: 'tick', actor: system })).toMatchObject({ ok: false, code: 'invalid' });
    story.tell(opening('obsolete', start));
    expect(story.try(opening('obsolete', start))).toMatchObject({ ok: false, code: 'conflict' });
  });

  it('refuses events from the future, and instants that nobody can read are a fault', () => {
    const story = new Story(start).noticed('obsolete');
    const tick = { type: 'tick', actor: system } as const;
    expect(decide(story.value, { ...tick, at: start }, story.context).ok).toBe(true);
    const future = decide(story.value, { ...tick, at: '2026-10-01T12:00:00.001Z' }, story.context);
    expect(future).toMatchObject({ ok: false, code: 'invalid' });
    expect(() => decide(story.value, { ...tick, at: 'soon' }, story.context)).toThrow(InvalidError);
  });
});

describe('an actor', () => {
  it.each<[string, Told]>([
    ['a customer approves', { type: 'approve', actor: customer }],
    ['finance approves', { type: 'approve', actor: finance }],
    ['the system approves', { type: 'approve', actor: system }],
    ['a customer settles', { type: 'settle', actor: customer }],
    ['finance settles what is not unpaid', { type: 'settle', actor: finance }],
    ['finance disputes what is not unpaid', { type: 'dispute', actor: finance }],
    ['a customer pays in', { type: 'paid', actor: customer }],
    [
      'a customer says that the mail arrived',
      { type: 'notice-level', actor: customer, delivery: 'd1', level: 'accepted', evidence: 'x' },
    ],
    [
      'the system records a letter',
      { type: 'notice-recorded', actor: system, contact: 0, channel: 'post', level: 'accepted', evidence: 'x' },
    ],
    ['a customer begins the erasure', { type: 'begin-erasure', actor: customer, attempt: 1 }],
    ['finance takes a step', { type: 'begin-step', actor: finance, step: 'x' }],
    [
      'the system gives the authority',
      { type: 'authorise', actor: system, authority: { clause: 'c', reference: 'r', by: 'b', at: start } },
    ],
    ['nobody ticks', { type: 'tick', actor: { kind: 'operator', id: '' } }],
  ])('%s: refused', (_name, event) => {
    const story = new Story(start).noticed('obsolete');
    const before = story.value;
    expect(story.try(event)).toMatchObject({ ok: false, code: 'invalid' });
    expect(story.value).toBe(before);
  });
});

describe('the clock', () => {
  it.each([
    ['Europe/Berlin', '2026-10-01T12:00:00.000Z', '2026-10-31T22:59:59.999Z'], // summer time ends on the 25th
    ['Europe/Berlin', '2026-10-01T21:59:59.999Z', '2026-10-31T22:59:59.999Z'], // the last instant of 1 October
    ['Europe/Berlin', '2026-10-01T22:00:00.000Z', '2026-11-01T22:59:59.999Z'], // the first of 2 October
    ['America/Bogota', '2026-10-01T12:00:00.000Z', '2026-11-01T04:59:59.999Z'],
    ['Pacific/Kiritimati', '2026-10-01T12:00:00.000Z', '2026-11-01T09:59:59.999Z'], // already 2 October there
    ['Asia/Beirut', '2027-02-26T12:00:00.000Z', '2027-03-28T20:59:59.999Z'], // clocks change at midnight
  ])('in %s from %s ends at %s', (timezone, now, dueAt) => {
    const story = new Story(now, unattended, timezone).noticed('non-payment');
    expect(clockOf(story.value).dueAt).toBe(dueAt);
    expect(story.at(dueAt).tick().status).toBe('notified');
    story.at(new Date(Date.parse(dueAt) + 1).toISOString()).tick();
    expect([story.status, story.did]).toEqual(['due', ['start-erasure']]);
  });

  it('starts at the level that the plan names, when Tenure learns of it', () => {
    const story = new Story(start, { ...policy, startLevel: 'acknowledged' }).noticed('obsolete');
    expect([story.status, story.value?.noticeSentAt]).toEqual(['opened', start]);
    story.at('2026-10-05T12:00:00.000Z');
    story.tell({ type: 'notice-level', actor: system, delivery: 'd1', level: 'accepted', evidence: 'x' });
    expect(story.status).toBe('opened');
    story.at('2026-10-09T12:00:00.000Z');
    const receipt = {
      type: 'notice-recorded',
      actor: anna,
      contact: 0,
      channel: 'registered-mail',
      level: 'acknowledged',
    } as const;
    expect(story.try({ ...receipt, evidence: '' }).ok).toBe(false);
    story.tell({ ...receipt, evidence: 'x' });
    expect(clockOf(story.value)).toMatchObject({ startedAt: '2026-10-09T12:00:00.000Z', basis: { delivery: 'd2' } });
  });

  it('waits for whole settlement days after the due day', () => {
    const story = new Story(start, { ...policy, approval: 'none' }).noticed('non-payment');
    const { dueAt, destroyFrom } = clockOf(story.value);
    expect([dueAt, destroyFrom]).toEqual(['2026-10-31T22:59:59.999Z', '2026-11-07T23:00:00.000Z']);
    story.at('2026-10-31T23:00:00.000Z').tick();
    expect([story.status, story.did]).toEqual(['due', []]);
    expect(story.at('2026-11-07T22:59:59.999Z').tick().did).toEqual([]);
    const begin = { type: 'begin-erasure', actor: system, attempt: 1 } as const;
    expect(story.try(begin)).toMatchObject({ ok: false, code: 'blocked', reasons: [{ code: 'settlement' }] });
    expect(story.at(destroyFrom).tick().did).toEqual(['start-erasure']);
  });

  it('keeps the days that were left over a dispute, and counts no part of a day', () => {
    const story = new Story(start, unattended).noticed('non-payment');
    story.at('2026-10-11T12:00:00.000Z').tell({ type: 'dispute', actor: customer }); // 2 to 10 October have passed: 9 days
    expect(story.value).toMatchObject({ status: 'disputed', stop: { remainingDays: 21 } });
    story.at('2026-12-24T12:00:00.000Z').tick();
    expect(story.status).toBe('disputed');
    story.tell({ type: 'settle', actor: finance });
    expect(clockOf(story.value).dueAt).toBe('2027-01-14T22:59:59.999Z');
    expect(story.did).toEqual(['reminder']);
  });

  it('goes on by itself after the last day of a promise', () => {
    const story = new Story(start, unattended).noticed('non-payment');
    story.at('2026-10-30T12:00:00.000Z').tell({ type: 'promise', actor: finance, until: '2026-11-10' });
    expect(story.at('2026-11-10T22:59:59.999Z').tick().status).toBe('disputed');
    story.at('2026-11-10T23:00:00.000Z').tick();
    expect(clockOf(story.value).dueAt).toBe('2026-11-13T22:59:59.999Z');
  });

  it('is not moved by settling what the sweep has settled already', () => {
    const story = new Story(start, unattended).noticed('non-payment');
    story.tell({ type: 'promise', actor: finance, until: '2026-10-05' });
    story.at('2026-10-06T12:00:00.000Z').tick();
    const clock = clockOf(story.value);
    expect(story.at('2026-10-07T12:00:00.000Z').tell({ type: 'settle', actor: finance }).changed).toBe(false);
    expect(clockOf(story.value)).toEqual(clock);
  });

  it.each(['2026-09-30', '2026-02-30', 'tomorrow', ''])('takes no promise until "%s"', (until) => {
    const story = new Story(start).noticed('non-payment');
    expect(story.try({ type: 'promise', actor: finance, until })).toMatchObject({ ok: false, code: 'invalid' });
  });

  it('does not end a dispute by a promise', () => {
    const story = new Story(start, unattended).noticed('non-payment');
    story.tell({ type: 'dispute', actor: customer });
    story.tell({ type: 'promise', actor: finance, until: '2026-10-02' });
    expect(story.at('2027-10-02T12:00:00.000Z').tick().status).toBe('disputed');
  });

  it('is only ever made longer', () => {
    const story = new Story(start, unattended).noticed('obsolete');
    for (const until of ['2026-10-31', '2026-10-20']) {
      expect(story.try({ type: 'extend', actor: anna, until })).toMatchObject({ ok: false, code: 'invalid' });
    }
    story.tell({ type: 'extend', actor: customer, until: '2027-01-15' });
    expect(clockOf(story.value).dueAt).toBe('2027-01-15T22:59:59.999Z');
    story.tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd2', level: 'relayed', evidence: 'x' });
    expect(clockOf(story.value).dueAt).toBe('2027-01-15T22:59:59.999Z');
  });

  it.each(['extend', 'keep-until'] as const)(
    'a customer puts a case off (%s) to at most 365 days after it was opened',
    (type) => {
      const story = new Story(start, unattended).noticed('obsolete');
      const opened = story.value?.openedAt.slice(0, 10) ?? '';
      const [last, beyond] = [addCalendarDays(opened, 365), addCalendarDays(opened, 366)];
      const refused = { ok: false, code: 'invalid', field: 'until' };
      expect(story.try({ type, actor: customer, until: beyond })).toMatchObject(refused);
      expect(story.try({ type, actor: customer, until: '2999-01-01' })).toMatchObject(refused);
      expect(story.try({ type, actor: customer, until: last })).toMatchObject({ ok: true });
      expect(story.try({ type, actor: anna, until: beyond })).toMatchObject({ ok: true });
    },
  );

  it('a customer takes a request of its own back, and does not object to it', () => {
    const story = new Story(start);
    story.tell(opening('customer-request', start));
    expect(story.try({ type: 'object', actor: customer })).toMatchObject({ ok: false, code: 'blocked' });
    expect(story.try({ type: 'dispute', actor: customer })).toMatchObject({ ok: false, code: 'blocked' });
    expect(story.try({ type: 'cancel', actor: customer })).toMatchObject({ ok: true });
  });

  it('begins a full new notice after the day until which obsolete data was wanted', () => {
    const story = new Story(start, unattended).noticed('obsolete');
    story.at('2026-10-20T12:00:00.000Z').tell({ type: 'keep-until', actor: customer, until: '2027-03-01' });
    story.at('2027-03-02T12:00:00.000Z').tick();
    expect([story.status, story.did]).toEqual(['opened', ['send-notice']]);
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd2', level: 'relayed', evidence: 'x' });
    expect(clockOf(story.value).dueAt).toBe('2027-04-01T21:59:59.999Z');
  });
});

describe('a bounce', () => {
  it('stops the clock, tries the next contact, then asks an operator', () => {
    const story = new Story(start).noticed('non-payment');
    story.at('2026-10-30T12:00:00.000Z').tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
    expect([story.status, story.did]).toEqual(['undeliverable', ['late-bounce', 'send-notice']]);
    expect(story.effects).toContainEqual({
      type: 'send-notice',
      delivery: 'd2',
      contact: 1,
      mailId: 'notice/c-0123456789/d2',
    });
    story.tell({ type: 'bounce', actor: system, delivery: 'd2', reason: '5.1.1' });
    expect([story.status, story.did]).toEqual(['undeliverable', ['undeliverable']]);
    expect(story.at('2027-10-30T12:00:00.000Z').tick().status).toBe('undeliverable');
    story.tell({ type: 'notify-contact', actor: anna, contact: 0 });
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd3', level: 'relayed', evidence: 'x' });
    expect(clockOf(story.value).startedAt).toBe('2027-10-30T12:00:00.000Z');
  });

  it('begins anew with another delivery that counts, and drops the approval', () => {
    const story = new Story(start).noticed('non-payment');
    story.tell({
      type: 'notice-recorded',
      actor: anna,
      contact: 1,
      channel: 'post',
      level: 'acknowledged',
      evidence: 'x',
    });
    story.tell({ type: 'approve', actor: anna });
    story.at('2026-10-30T12:00:00.000Z').tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
    expect(clockOf(story.value)).toMatchObject({ startedAt: story.now, basis: { delivery: 'd2' } });
    expect(story.value?.approval).toBeUndefined();
  });

  it('of a mail that carries nothing changes nothing', () => {
    const story = new Story(start).noticed('non-payment');
    story.tell({ type: 'notify-contact', actor: anna, contact: 1 });
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd2', level: 'relayed', evidence: 'x' });
    const clock = clockOf(story.value);
    story.tell({ type: 'bounce', actor: system, delivery: 'd2', reason: '5.1.1' });
    expect([story.status, clockOf(story.value)]).toEqual(['notified', clock]);
  });

  it('during a dispute means that the notice begins anew after it', () => {
    const story = new Story(start).noticed('non-payment');
    story.at('2026-10-20T12:00:00.000Z').tell({ type: 'dispute', actor: customer });
    story.tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
    story.tell({ type: 'settle', actor: finance });
    expect([story.status, story.did]).toEqual(['undeliverable', ['send-notice']]);
  });

  it('during a dispute leaves no days to a delivery that came later', () => {
    const story = new Story(start).noticed('non-payment').at('2026-10-20T12:00:00.000Z');
    story.tell({ type: 'notice-recorded', actor: anna, contact: 1, channel: 'post', level: 'accepted', evidence: 'x' });
    story.at('2026-10-21T12:00:00.000Z').tell({ type: 'dispute', actor: customer });
    story.tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
    story.tell({ type: 'settle', actor: finance });
    expect(clockOf(story.value)).toMatchObject({ days: 30, basis: { delivery: 'd2' } });
  });

  it('is not undone by a later level, and unknown deliveries are refused', () => {
    const story = new Story(start).noticed('non-payment');
    const bounce = { type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' } as const;
    story.tell(bounce);
    expect(story.tell(bounce).changed).toBe(false);
    const level = {
      type: 'notice-level',
      actor: system,
      delivery: 'd1',
      level: 'acknowledged',
      evidence: 'x',
    } as const;
    expect(story.try(level)).toMatchObject({ ok: false, code: 'conflict' });
    expect(story.try({ ...level, delivery: 'd9' })).toMatchObject({ ok: false, code: 'invalid' });
    expect(story.try({ ...bounce, delivery: 'd9' })).toMatchObject({ ok: false, code: 'invalid' });
  });

  it('after destruction has begun stops it until a notice has been delivered and has run', () => {
    const story = ready();
    story.tell({ type: 'begin-erasure', actor: system, attempt: 1 });
    story.tell({ type: 'begin-step', actor: system, step: 'overwrite-1' });
    story.tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
    expect([story.status, story.did]).toEqual(['erasing', ['late-bounce', 'send-notice']]);
    const step = { type: 'begin-step', actor: system, step: 'overwrite-2' } as const;
    expect(story.try(step)).toMatchObject({ ok: false, reasons: [{ code: 'notice-not-delivered' }] });
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd2', level: 'relayed', evidence: 'x' });
    expect(story.try(step)).toMatchObject({ ok: false, reasons: [{ code: 'notice-not-elapsed' }] });
    story.at(clockOf(story.value).destroyFrom).tell(step);
  });
});

describe('reminders', () => {
  it('go out once, seven days and one day before, and the nearest only when some were missed', () => {
    const story = new Story(start).noticed('non-payment');
    expect(story.at('2026-10-24T21:59:59.999Z').tick().did).toEqual(['reminder']);
    expect(story.effects).toMatchObject([{ daysBefore: 7 }]);
    story.tell({ type: 'reminder-sent', actor: system, daysBefore: 7, dueAt: clockOf(story.value).dueAt });
    expect(story.at('2026-10-24T22:00:00.000Z').tick().did).toEqual([]);
    expect(story.at('2026-10-30T12:00:00.000Z').tick().effects).toMatchObject([{ daysBefore: 1 }]);
    const late = new Story(start).noticed('non-payment').at('2026-10-31T12:00:00.000Z').tick();
    expect(late.effects).toMatchObject([{ type: 'mail', daysBefore: 1 }]);
    late.tell({ type: 'reminder-sent', actor: system, daysBefore: 1, dueAt: clockOf(late.value).dueAt });
    expect(late.tick().did).toEqual([]);
  });

  it('are not due before their day', () => {
    expect(new Story(start).noticed('non-payment').at('2026-10-23T21:59:59.999Z').tick().did).toEqual([]);
  });

  it('go out again for a due day that moved', () => {
    const story = new Story(start).noticed('obsolete').at('2026-10-25T12:00:00.000Z').tick();
    story.tell({ type: 'reminder-sent', actor: system, daysBefore: 7, dueAt: clockOf(story.value).dueAt });
    story.tell({ type: 'extend', actor: anna, until: '2026-12-31' });
    expect(story.tick().did).toEqual([]);
    expect(story.at('2026-12-25T12:00:00.000Z').tick().did).toEqual(['reminder']);
  });
});

describe('approval', () => {
  it('of a whole tenant is asked for on the due day and comes from somebody else', () => {
    const story = new Story(start).noticed('obsolete'); // opened by anna
    expect(story.try({ type: 'approve', actor: anna })).toMatchObject({ ok: false, code: 'blocked' });
    story.at(clockOf(story.value).destroyFrom).tick();
    expect([story.status, story.did]).toEqual(['awaiting-approval', ['approval-wanted', 'blocked']]);
    expect(story.tick().effects).toMatchObject([{ type: 'blocked', reasons: [{ code: 'approval-missing' }] }]);
    expect(story.try({ type: 'begin-erasure', actor: system, attempt: 1 })).toMatchObject({
      ok: false,
      code: 'blocked',
    });
    story.tell({ type: 'approve', actor: ben });
    expect(story.status).toBe('due');
    expect(story.tick().did).toEqual(['start-erasure']);
  });

  it('is asked for by the plan as it is now, though the case began under one that asked for nobody', () => {
    const story = new Story(start, unattended).noticed('obsolete');
    story.approvalNow = 'required';
    story.at(clockOf(story.value).destroyFrom).tick();
    expect([story.status, story.did]).toEqual(['awaiting-approval', ['approval-wanted', 'blocked']]);
    story.tell({ type: 'approve', actor: ben });
    expect(story.tick().did).toEqual(['start-erasure']);
  });

  it('is asked for by the plan that the case began under, though the plan as it is now asks for nobody', () => {
    const story = new Story(start).noticed('obsolete');
    story.approvalNow = 'none';
    story.at(clockOf(story.value).destroyFrom).tick();
    expect(story.status).toBe('awaiting-approval');
  });

  it('is asked for by a plan that changes at the last moment, between two steps as well, and can be given then', () => {
    const due = new Story(start, unattended).noticed('obsolete');
    due.at(clockOf(due.value).destroyFrom).tick();
    expect(due.status).toBe('due');
    due.approvalNow = 'required';
    expect(due.try({ type: 'begin-erasure', actor: system, attempt: 1 })).toMatchObject({ ok: false, code: 'blocked' });
    expect(due.tick().status).toBe('awaiting-approval');
    due.approvalNow = 'none';
    expect([due.tick().status, due.did]).toEqual(['due', ['start-erasure']]);
    due.tell({ type: 'begin-erasure', actor: system, attempt: 1 });
    due.tell({ type: 'begin-step', actor: system, step: 'overwrite' });
    expect(due.try({ type: 'approve', actor: ben })).toMatchObject({ ok: false, code: 'conflict' });
    due.approvalNow = 'required';
    const next = { type: 'begin-step', actor: system, step: 'keys' } as const;
    expect(due.try(next)).toMatchObject({ ok: false, reasons: [{ code: 'approval-missing' }] });
    expect(due.try({ type: 'approve', actor: anna })).toMatchObject({ ok: false, code: 'blocked' });
    due.tell({ type: 'approve', actor: ben });
    expect(due.try(next)).toMatchObject({ ok: true });
  });

  it('is told without the name of who opened the case', () => {
    const story = new Story(start).noticed('obsolete').at('2026-12-20T12:00:00.000Z');
    const reasons = eraseObstacles(story.value as Case, story.context);
    expect(reasons.map(({ code }) => code)).toContain('approval-missing');
    expect(JSON.stringify(reasons)).not.toContain(anna.id);
  });

  it('falls when the clock stops or moves', () => {
    for (const event of [
      { type: 'object', actor: customer },
      { type: 'extend', actor: anna, until: '2026-12-31' },
    ] as const) {
      const story = new Story(start).noticed('obsolete');
      story.tell({ type: 'approve', actor: ben });
      story.tell(event);
      expect(story.value?.approval).toBeUndefined();
    }
  });

  it.each([
    [{ tenant: 'acme' }, 'the erasure of tenant acme is approved by a second person'],
    [
      { tenant: 'acme', source: 'files', paths: ['a/'] },
      'the erasure of acme/files: a/ (1 path) is approved by a second',
    ],
  ])('of %o by its opener is refused in words of the scope, and of a case that is over as over', (scope, words) => {
    const story = new Story(start);
    story.tell({ ...opening('obsolete', start), scope });
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd1', level: 'relayed', evidence: 'x' });
    const approve = { type: 'approve', actor: anna } as const;
    expect(story.try(approve)).toMatchObject({ ok: false, code: 'blocked', reason: expect.stringContaining(words) });
    story.tell({ type: 'cancel', actor: anna });
    expect(story.try(approve)).toMatchObject({ ok: false, code: 'conflict', reason: 'the case is cancelled' });
  });

  it('is not asked for less than a tenant', () => {
    const story = new Story(start);
    story.tell({ ...opening('obsolete', start), scope: { tenant: 'acme', source: 'files' } });
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd1', level: 'relayed', evidence: 'x' });
    expect(story.at(clockOf(story.value).destroyFrom).tick().did).toEqual(['start-erasure']);
  });
});

describe('payment', () => {
  const paid = { type: 'paid', actor: finance, invoice: 'i-1' } as const;

  it('cancels, mails and unfreezes', () => {
    const story = new Story(start).noticed('non-payment');
    story.tell(paid);
    expect(story.value).toMatchObject({ status: 'cancelled', cause: 'payment' });
    expect(story.did).toEqual(['cancellation', 'unfreeze']);
    expect(story.tell(paid).changed).toBe(false);
  });

  it('cancels until the first destructive step and not after it', () => {
    const story = ready();
    story.tell({ type: 'begin-erasure', actor: system, attempt: 1 });
    const twin = new Story(story.now, unattended);
    twin.value = story.value;
    twin.tell(paid);
    expect(twin.status).toBe('cancelled');
    expect(twin.try({ type: 'begin-step', actor: system, step: 'overwrite-1' })).toMatchObject({
      ok: false,
      code: 'blocked',
    });
    story.tell({ type: 'begin-step', actor: system, step: 'overwrite-1' });
    for (const event of [paid, { type: 'cancel', actor: anna }, { type: 'dispute', actor: customer }] as const) {
      expect(story.try(event)).toMatchObject({
        ok: false,
        code: 'conflict',
        reason: expect.stringContaining('too late'),
      });
    }
  });

  it('of one of two invoices leaves the case open', () => {
    const story = new Story(start);
    story.tell({ ...opening('non-payment', start), invoices: [{ invoice: 'i-1' }, { invoice: 'i-2' }] });
    story.tell(paid);
    expect(story.status).toBe('opened');
    expect(story.try({ ...paid, invoice: 'i-3' })).toMatchObject({ ok: false, code: 'invalid' });
    story.tell({ ...paid, invoice: 'i-2' });
    expect(story.status).toBe('cancelled');
  });

  it('in part lowers what is open to what the account says, and taken back raises it; nothing else changes', () => {
    const eur = (minor: number) => ({ currency: 'EUR', minor });
    const story = new Story(start);
    story.tell({
      ...opening('non-payment', start),
      invoices: [{ invoice: 'i-1', outstanding: eur(1250) }, { invoice: 'i-2' }],
    });
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd1', level: 'relayed', evidence: 'x' });
    const clock = clockOf(story.value);
    const part = { type: 'part-paid' as const, actor: finance, invoice: 'i-1', amount: eur(250) };
    story.tell({ ...part, outstanding: eur(1000) });
    expect(story.value?.invoices).toEqual([{ invoice: 'i-1', outstanding: eur(1000) }, { invoice: 'i-2' }]);
    story.tell({ ...part, invoice: 'i-2' });
    story.tell({ type: 'reversed', actor: finance, invoice: 'i-1', outstanding: eur(1250) });
    expect(story.value?.invoices).toEqual([{ invoice: 'i-1', outstanding: eur(1250) }, { invoice: 'i-2' }]);
    expect([story.status, clockOf(story.value)]).toEqual(['notified', clock]);
    story.tell({ ...paid, invoice: 'i-1' });
    const settled = story.value?.invoices;
    story.tell({ type: 'reversed', actor: finance, invoice: 'i-1', outstanding: eur(1250) });
    expect(story.value?.invoices).toEqual(settled);
  });

  it('is no matter of other cases', () => {
    const story = new Story(start).noticed('obsolete');
    expect(story.try({ type: 'paid', actor: finance })).toMatchObject({ ok: false, code: 'invalid' });
  });
});

describe('taking back', () => {
  it.each([
    ['customer-request', customer, true],
    ['obsolete', customer, true],
    ['non-payment', customer, false],
    ['non-payment', finance, true],
    ['obsolete', finance, false],
    ['non-payment', anna, true],
  ] as const)('a %s case by %o: %s', (reason, actor, ok) => {
    expect(new Story(start).noticed(reason).try({ type: 'cancel', actor }).ok).toBe(ok);
  });
});

describe('holds', () => {
  it('block the beginning and every step, and say which hold', () => {
    const story = ready();
    story.holds = [hold('h-0000000001', { tenant: 'acme', source: 'files' })];
    expect(story.tick().effects).toMatchObject([
      { type: 'blocked', reasons: [{ code: 'hold', message: expect.stringContaining('h-0000000001') }] },
    ]);
    expect(story.try({ type: 'begin-erasure', actor: system, attempt: 1 })).toMatchObject({
      ok: false,
      code: 'blocked',
    });
    expect(story.value && shownStatus(story.value, story.holds)).toBe('held');
    story.holds = [];
    story.tell({ type: 'begin-erasure', actor: system, attempt: 1 });
    story.tell({ type: 'begin-step', actor: system, step: 'overwrite-1' });
    story.holds = [hold('h-0000000002', { tenant: 'acme', source: 'files', paths: ['a.txt'] })];
    const step = { type: 'begin-step', actor: system, step: 'overwrite-2' } as const;
    expect(story.try(step)).toMatchObject({
      ok: false,
      code: 'blocked',
      reason: expect.stringContaining('h-0000000002'),
    });
    story.holds = [
      { ...hold('h-0000000002', { tenant: 'acme' }), releasedAt: story.now },
      hold('h-3', { tenant: 'acme-2' }),
    ];
    story.tell(step);
  });
});

describe('an erasure', () => {
  it('begins, waits for its remainder, and ends with one certificate', () => {
    const story = ready();
    const begin = { type: 'begin-erasure', actor: system, attempt: 1 } as const;
    story.tell(begin);
    expect(story.did).toEqual(['freeze']);
    expect(story.tell(begin).changed).toBe(false);
    expect(story.try({ type: 'certify', actor: system, certificate: 'cert-1', digest: 'aa' })).toMatchObject({
      ok: false,
      code: 'conflict',
    });
    const step = { type: 'begin-step', actor: system, step: 'overwrite-1' } as const;
    story.tell(step);
    expect(story.tell(step).changed).toBe(false);
    const items = [{ what: 'object version', place: 'copies', reason: 'locked', until: '2026-11-20T00:00:00.000Z' }];
    story.tell({ type: 'remainder-found', actor: system, items });
    expect([story.status, story.did]).toEqual(['remainder', ['interim-report']]);
    expect(story.tick().did).toEqual([]);
    expect(story.at('2026-11-20T00:00:00.000Z').tick().effects).toEqual([{ type: 'start-erasure', attempt: 2 }]);
    expect(story.try(begin)).toMatchObject({ ok: false, code: 'conflict' });
    expect(story.try({ ...begin, attempt: 3 })).toMatchObject({ ok: false, code: 'invalid' });
    story.tell({ ...begin, attempt: 2 });
    story.tell({ type: 'remainder-found', actor: system, items });
    expect(story.did).toEqual([]); // nothing new to report
    story.at('2026-11-21T00:00:00.000Z').tick();
    story.tell({ ...begin, attempt: 3 });
    const certify = { type: 'certify', actor: system, certificate: 'cert-1', digest: 'aa' } as const;
    story.tell(certify);
    expect([story.status, story.did]).toEqual(['certified', ['deletion-report']]);
    expect(story.tell(certify).changed).toBe(false);
    expect(story.try({ ...certify, digest: 'bb' })).toMatchObject({ ok: false, code: 'conflict' });
    expect(story.try(step)).toMatchObject({ ok: false, code: 'blocked', reasons: [{ code: 'finished' }] });
    expect(story.tick().effects).toEqual([{ type: 'start-erasure', attempt: 3 }]); // a machine killed here ends its work
    story.tell({ type: 'close', actor: system });
    expect([story.status, story.tick().did]).toEqual(['closed', []]);
    expect(story.value?.timeline.map((line) => line.event)).toEqual([
      ...['open', 'notice-sent', 'tick', 'begin-erasure', 'begin-step', 'remainder-found', 'begin-erasure'],
      ...['remainder-found', 'begin-erasure', 'certify', 'close'],
    ]);
  });

  it('is left for a dispute before anything was destroyed', () => {
    const story = new Story(start, unattended).noticed('obsolete');
    story.at(clockOf(story.value).destroyFrom).tick();
    story.tell({ type: 'begin-erasure', actor: system, attempt: 1 });
    story.tell({ type: 'object', actor: customer });
    expect([story.status, story.did]).toEqual(['disputed', ['disputed', 'unfreeze']]);
    expect(story.try({ type: 'begin-step', actor: system, step: 'x' })).toMatchObject({
      ok: false,
      reasons: [{ code: 'disputed' }],
    });
  });
});
