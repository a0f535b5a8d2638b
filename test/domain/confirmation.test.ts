import { describe, expect, it } from 'vitest';
import { addDays } from '../../src/domain/calendar.ts';
import { shownEvent } from '../../src/domain/case.ts';
import type { Actor } from '../../src/domain/case-events.ts';
import { codeMatches, sealCode } from '../../src/domain/confirmation.ts';
import { anna, code, customer, opening, policy, Story, salt, system } from './case-fixtures.ts';

const start = '2026-10-01T12:00:00.000Z';

describe('a confirmation code', () => {
  it('is kept as a salted hash and matches however it is typed', () => {
    const sealed = sealCode(code, salt, start);
    expect(JSON.stringify(sealed)).not.toContain('K7WQ');
    expect(sealed.expiresAt).toBe('2026-10-03T12:00:00.000Z');
    expect(sealCode(code, 'ff'.repeat(16), start).hash).not.toBe(sealed.hash);
    for (const typed of [code, 'k7wq2m9x', ' K7WQ 2M9X ']) expect(codeMatches(typed, sealed)).toBe(true);
    for (const typed of ['', 'K7WQ2M9', 'K7WQ2M9Y']) expect(codeMatches(typed, sealed)).toBe(false);
    expect(codeMatches(code, { ...sealed, hash: 'abcd' })).toBe(false);
  });
});

describe("a customer's request", () => {
  const opened = () => {
    const story = new Story(start, policy);
    story.tell(opening('customer-request', start));
    return story;
  };

  it('needs a code and a contact that exists', () => {
    const { code: _none, ...without } = opening('customer-request', start);
    expect(new Story(start).try(without).ok).toBe(false);
    for (const contact of [2, -1, 0.5]) {
      expect(new Story(start).try({ ...opening('customer-request', start), contact }).ok).toBe(false);
    }
  });

  it('waits for its code and has no authority before it', () => {
    const story = opened();
    expect(story.did).toEqual(['confirm-code']);
    expect([story.status, story.value?.authority]).toEqual(['opened', undefined]);
    expect(story.try({ type: 'notify-contact', actor: anna, contact: 0 })).toMatchObject({
      ok: false,
      code: 'blocked',
    });
    const begin = { type: 'begin-erasure', actor: system, attempt: 1 } as const;
    expect(story.try(begin)).toMatchObject({
      ok: false,
      reasons: [{ code: 'not-confirmed' }, { code: 'approval-missing' }],
    });
  });

  it('once confirmed runs through the cooling-off period, not the notice', () => {
    const story = opened();
    story.tell({ type: 'confirm', actor: customer, code });
    expect(story.did).toEqual(['send-notice']);
    expect(story.value).toMatchObject({
      status: 'notified',
      clock: { dueAt: '2026-10-08T21:59:59.999Z', basis: { confirmation: true, delivery: 'd1' } },
    });
    expect(story.value?.authority?.reference).toBe('request c-0123456789');
    expect(JSON.stringify(story.value)).not.toContain(salt);
    expect(story.tell({ type: 'confirm', actor: customer, code: 'again' }).changed).toBe(false);
  });

  it('stops when the mail about taking it back bounces', () => {
    const story = opened();
    story.tell({ type: 'confirm', actor: customer, code });
    story.tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
    expect([story.status, story.did]).toEqual(['undeliverable', ['late-bounce', 'send-notice']]);
    story.at('2026-10-05T12:00:00.000Z');
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd2', level: 'relayed', evidence: 'x' });
    expect(story.value).toMatchObject({ status: 'notified', clock: { dueAt: '2026-10-12T21:59:59.999Z' } });
  });

  it('counts five wrong codes, then even the right one is worth nothing', () => {
    const story = opened();
    for (let i = 0; i < 5; i++) {
      const wrong = story.try({ type: 'confirm', actor: customer, code: 'WRONG' });
      expect(wrong).toMatchObject({ ok: false, code: 'invalid', hint: `${4 - i} more tries.` });
    }
    expect(story.try({ type: 'confirm', actor: customer, code })).toMatchObject({ ok: false, code: 'blocked' });
    expect(JSON.stringify(story.value?.timeline)).not.toContain('WRONG');
    const fresh = 'ABCD-EFGH';
    // What is shown tells a wrong code from the right one.
    expect(story.value?.timeline.slice(1).map(shownEvent)).toEqual(Array(5).fill('wrong-code'));
    story.tell({ type: 'new-code', actor: customer, code: sealCode(fresh, 'ee'.repeat(16), start) });
    expect(story.try({ type: 'confirm', actor: customer, code }).ok).toBe(false);
    story.tell({ type: 'confirm', actor: customer, code: fresh });
    expect(story.value?.timeline.slice(6).map(shownEvent)).toEqual(['new-code', 'wrong-code', 'confirm']);
    expect(story.status).toBe('notified');
  });

  it('gives a customer no more codes 30 days after the request was made', () => {
    const story = opened();
    const fresh = (actor: Actor) => {
      const sealed = sealCode('ABCD-EFGH', 'ee'.repeat(16), story.now);
      return story.try({ type: 'new-code', actor, code: sealed });
    };
    story.at(addDays(start, 30));
    expect(fresh(customer)).toMatchObject({ ok: true });
    story.at(addDays(start, 31));
    expect(fresh(customer)).toMatchObject({ ok: false, code: 'blocked' });
    expect(fresh(anna)).toMatchObject({ ok: true });
  });

  it('has nobody noticed before it is confirmed, by a letter neither', () => {
    const story = new Story(start);
    story.tell(opening('customer-request', start));
    story.tell({
      type: 'authorise',
      actor: anna,
      authority: { clause: '9', reference: 'order', by: 'anna', at: start },
    });
    const letter = { type: 'notice-recorded', actor: anna, contact: 0, channel: 'post', level: 'relayed' } as const;
    expect(story.try({ ...letter, evidence: 'aa' })).toMatchObject({ ok: false, code: 'blocked' });
    story.tell({ type: 'confirm', actor: customer, code });
    expect(story.try({ ...letter, evidence: 'aa' }).ok).toBe(true);
  });

  it('gets a new code five times within 24 hours, whoever asks; then it is told when the next one is possible', () => {
    const story = new Story(start);
    story.tell(opening('customer-request', start));
    const hour = (n: number) => new Date(Date.parse(start) + n * 3_600_000).toISOString();
    const ask = (n: number, actor: Actor) =>
      story.at(hour(n)).try({ type: 'new-code', actor, code: sealCode(code, salt, hour(n)) });
    for (const [n, actor] of [customer, anna, customer, anna, customer].entries())
      expect(ask(n + 1, actor).ok).toBe(true);
    const newest = story.value;
    for (const actor of [customer, anna]) {
      const refused = ask(24, actor);
      expect(refused).toMatchObject({ ok: false, code: 'blocked' });
      expect(refused).toMatchObject({ reason: expect.stringContaining(hour(25)) });
    }
    expect(story.value).toEqual(newest);
    expect(ask(25, customer).ok).toBe(true);
    expect(ask(25, customer)).toMatchObject({ ok: false, reason: expect.stringContaining(hour(26)) });
  });

  it('lapses when nobody enters the code in 48 hours', () => {
    const story = opened();
    expect(story.at('2026-10-03T12:00:00.000Z').tick().status).toBe('opened');
    story.at('2026-10-03T12:00:00.001Z');
    expect(story.try({ type: 'confirm', actor: customer, code })).toMatchObject({ ok: false, code: 'blocked' });
    story.tick();
    expect(story.value).toMatchObject({ status: 'cancelled', cause: 'not-confirmed' });
  });
});
