import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case } from '../../src/domain/case.ts';
import { type DestroyFacts, type DestroyRequest, mayDestroy } from '../../src/domain/gate.ts';
import { mayNotice } from '../../src/domain/may-notice.ts';
import { hold, Story, system, unattended } from './case-fixtures.ts';

const now = '2026-11-01T12:00:00.000Z';
const expiry: DestroyRequest = { kind: 'expiry', scope: { tenant: 'acme', source: 'files' } };
const erasure: DestroyRequest = { kind: 'erasure', scope: { tenant: 'acme' } };

const facts: DestroyFacts = {
  now,
  simulated: false,
  holds: [],
  approval: 'none',
  limits: { erasuresPerDay: 10 },
  erasuresToday: 0,
  ledgerHeadAt: '2026-11-01T11:00:00.000Z',
  expiry: { removing: 1, overCap: 1, total: 90 },
};

/** Codes of the reasons; empty when it is allowed. */
function codes(request: DestroyRequest, known: Partial<DestroyFacts> = {}): string[] {
  const answer = mayDestroy(request, { ...facts, ...known });
  return answer.allowed ? [] : answer.reasons.map((reason) => reason.code);
}

/** A non-payment case that is due. */
function dueCase(scope: Case['scope'] = { tenant: 'acme' }): Case {
  const story = new Story('2026-10-01T12:00:00.000Z', unattended).noticed('non-payment').at(now).tick();
  if (story.value?.status !== 'due') throw new Error('not due');
  return { ...story.value, scope };
}

/** The same, with its erasure begun, and a first step where wanted. */
function erasing(step?: string): Case {
  const story = new Story(now, unattended);
  story.value = dueCase();
  story.tell({ type: 'begin-erasure', actor: system, attempt: 1 });
  if (step !== undefined) story.tell({ type: 'begin-step', actor: system, step });
  return story.value;
}

it('the erasure of a whole tenant needs a second person once the plan asks for one, at every step, whatever the case began under', () => {
  const asking = { approval: 'required' } as const;
  expect(codes(erasure, { case: dueCase() })).toEqual([]);
  expect(codes(erasure, { case: dueCase(), ...asking })).toEqual(['approval-missing']);
  const step = { ...erasure, caseStep: 'keys' };
  expect(codes(step, { case: erasing('overwrite'), ...asking })).toEqual(['approval-missing']);
  const source = dueCase({ tenant: 'acme', source: 'files' });
  expect(codes({ kind: 'erasure', scope: source.scope }, { case: source, ...asking })).toEqual([]);
});

describe('whatever is to be destroyed', () => {
  it.each<[string, Partial<DestroyFacts>, string[]]>([
    ['nothing stands against it', {}, []],
    ['an operator stop', { operatorStop: { since: now, reason: 'audit' } }, ['operator-stop']],
    ['a quarantine', { quarantine: { since: now, reason: 'recovered' } }, ['quarantine']],
    ['a hold on the tenant', { holds: [hold('h-1', { tenant: 'acme' })] }, ['hold']],
    ['a hold on one path', { holds: [hold('h-1', { tenant: 'acme', source: 'files', paths: ['a'] })] }, ['hold']],
    ['a hold elsewhere', { holds: [hold('h-1', { tenant: 'other' })] }, []],
    ['a released hold', { holds: [{ ...hold('h-1', { tenant: 'acme' }), releasedAt: now }] }, []],
    ['a clock behind the ledger', { ledgerHeadAt: '2026-11-01T12:00:00.001Z' }, ['clock-behind']],
    ['a clock 48 h ahead', { ledgerHeadAt: '2026-10-30T12:00:00.000Z' }, []],
    ['a clock more than 48 h ahead', { ledgerHeadAt: '2026-10-30T11:59:59.999Z' }, ['clock-ahead']],
    ['a simulated clock', { ledgerHeadAt: '2025-01-01T00:00:00.000Z', simulated: true }, []],
    ['a confirmed clock', { ledgerHeadAt: '2025-01-01T00:00:00.000Z', clockConfirmedUntil: now }, []],
    [
      'a confirmation that ran out',
      { ledgerHeadAt: '2025-01-01T00:00:00.000Z', clockConfirmedUntil: '2026-11-01T11:59:59.999Z' },
      ['clock-ahead'],
    ],
    ['an empty ledger', { ledgerHeadAt: undefined as never }, []],
    [
      'everything at once',
      {
        operatorStop: { since: now },
        quarantine: { since: now, reason: 'x' },
        holds: [hold('h-1', { tenant: 'acme' })],
        ledgerHeadAt: '2026-01-01T00:00:00.000Z',
      },
      ['operator-stop', 'quarantine', 'clock-ahead', 'hold'],
    ],
  ])('%s', (_name, known, expected) => {
    expect(codes(expiry, known)).toEqual(expected);
    expect(codes(erasure, { ...known, case: dueCase() })).toEqual(expected);
    expect(codes({ ...erasure, caseStep: 'destroy-keys' }, { ...known, case: erasing('overwrite-1') })).toEqual(
      expected,
    );
  });

  it('is refused with words about what to do, naming the hold', () => {
    const answer = mayDestroy(expiry, { ...facts, holds: [hold('h-0000000001', { tenant: 'acme' })] });
    expect(answer).toMatchObject({
      allowed: false,
      reasons: [{ message: expect.stringContaining('h-0000000001 (lawsuit)') }],
    });
    expect(answer.allowed || answer.reasons.every((reason) => reason.hint !== '')).toBe(true);
  });
});

describe('an expiry', () => {
  it.each([
    [5, 0, 10, []], // five at most
    [6, 0, 30, []], // 20 % exactly
    [6, 0, 29, ['expiry-share']],
    [85, 85, 90, []], // all of them past the cap
    [90, 85, 90, []], // five that are not
    [91, 85, 91, ['expiry-share']], // six of six
    [7, 1, 31, []], // six of thirty
    [7, 1, 30, ['expiry-share']],
    [3, 4, 10, ['expiry-share']], // counts that contradict each other
    [11, 0, 10, ['expiry-share']],
    [Number.NaN, 0, 10, ['expiry-share']],
    [-1, -2, 10, ['expiry-share']],
  ])('of %i copies, %i past the cap, of %i in all: %o', (removing, overCap, total, expected) => {
    expect(codes(expiry, { expiry: { removing, overCap, total } })).toEqual(expected);
  });

  it('of many young copies goes on when an operator has confirmed it, and never without counts', () => {
    expect(codes(expiry, { expiry: { removing: 90, overCap: 0, total: 90, confirmed: true } })).toEqual([]);
    expect(codes(expiry, { expiry: undefined as never })).toEqual(['expiry-share']);
  });
});

describe('an erasure', () => {
  it('needs its case, and one that covers what is to go', () => {
    expect(codes(erasure)).toEqual(['case-missing']);
    const small = dueCase({ tenant: 'acme', source: 'files', paths: ['a/'] });
    expect(codes(erasure, { case: small })).toEqual(['scope-not-covered']);
    const subject: DestroyRequest = {
      kind: 'subject-erasure',
      scope: { tenant: 'acme', source: 'files', paths: ['a/b'] },
    };
    expect(codes(subject, { case: small })).toEqual([]);
    expect(codes(subject)).toEqual(['case-missing']);
    const elsewhere = { ...subject, scope: { tenant: 'acme', source: 'files', paths: ['b'] } };
    expect(codes(elsewhere, { case: small, holds: [hold('h-1', elsewhere.scope)] })).toEqual([
      'hold',
      'scope-not-covered',
    ]);
  });

  it('does not take its first step before the case says that it is erasing', () => {
    const step = { ...erasure, caseStep: 'overwrite-1' };
    expect(codes(step, { case: dueCase() })).toEqual(['case-status']);
    expect(codes(step, { case: erasing() })).toEqual([]);
    const { status: _due, ...rest } = dueCase() as Extract<Case, { status: 'due' }>;
    expect(codes(erasure, { case: { ...rest, status: 'notified' } })).toEqual(['case-status']);
  });

  it('looks at the facts and not only at the status', () => {
    const value = dueCase() as Extract<Case, { status: 'due' }>;
    const { authority: _none, ...unauthorised } = value;
    expect(codes(erasure, { case: unauthorised })).toEqual(['authority-missing']);
    expect(codes(erasure, { case: { ...value, invoices: [{ invoice: 'i-1', settledAt: now }] } })).toEqual(['paid']);
    expect(codes(erasure, { case: { ...value, deliveries: [] } })).toEqual(['notice-not-delivered']);
    expect(codes(erasure, { case: { ...value, policy: { ...value.policy, approval: 'required' } } })).toEqual([
      'approval-missing',
    ]);
    expect(codes(erasure, { case: value, now: value.clock.dueAt, simulated: true })).toEqual(['notice-not-elapsed']);
    const clock = { ...value.clock, destroyFrom: '2026-11-08T00:00:00.000Z' };
    expect(codes(erasure, { case: { ...value, clock } })).toEqual(['settlement']);
  });

  it('of a whole tenant keeps the daily limit, but one that has begun goes on', () => {
    const full = { erasuresToday: 10 };
    expect(codes(erasure, { ...full, case: dueCase() })).toEqual(['limit-erasures']);
    expect(codes(erasure, { ...full, case: erasing() })).toEqual(['limit-erasures']);
    expect(codes(erasure, { ...full, case: erasing('overwrite-1') })).toEqual([]);
    expect(codes(erasure, { erasuresToday: 9, case: dueCase() })).toEqual([]);
    expect(codes(erasure, { case: dueCase(), limits: { erasuresPerDay: Number.NaN } })).toEqual(['limit-erasures']);
    const part: DestroyRequest = { kind: 'erasure', scope: { tenant: 'acme', source: 'files' } };
    expect(codes(part, { ...full, case: dueCase(part.scope) })).toEqual([]);
  });

  it('reads instants however precisely they are written', () => {
    const value = dueCase() as Extract<Case, { status: 'due' }>;
    expect(codes(erasure, { case: value, now: '2026-11-01T12:00:00Z' })).toEqual([]);
    expect(codes(erasure, { case: value, now: '2026-10-31T23:59:59.999+01:00', simulated: true })).toEqual([
      'notice-not-elapsed',
    ]);
    expect(() => codes(erasure, { case: value, now: 'now' })).toThrow();
  });
});

describe('one reason more', () => {
  it('never opens the gate', () => {
    const obstacles: Partial<DestroyFacts>[] = [
      { operatorStop: { since: now } },
      { quarantine: { since: now, reason: 'recovered' } },
      { ledgerHeadAt: '2026-12-01T00:00:00.000Z' },
      { holds: [hold('h-1', { tenant: 'acme' })] },
    ];
    fc.assert(
      fc.property(
        fc.subarray(obstacles, { minLength: 1 }),
        fc.constantFrom(expiry, erasure),
        fc.boolean(),
        (some, request, simulated) => {
          const known = { case: erasing(), simulated, ...Object.assign({}, ...some) };
          const onlyClock = some.length === 1 && 'ledgerHeadAt' in (some[0] ?? {});
          expect(codes(request, known).length === 0).toBe(simulated && onlyClock);
        },
      ),
    );
  });
});

describe('new notices', () => {
  const known = { now, simulated: false, tenants: 10, limits: { noticesPerDay: 3, noticesPerDayPercent: 5 } };
  it.each([
    [2, 10, true],
    [3, 10, false],
    [3, 79, false],
    [3, 80, true], // 5 % are 4
    [4, 80, false],
    [49, 1000, true],
    [50, 1000, false],
  ])('after %i today among %i tenants: %s', (noticedToday, tenants, allowed) => {
    expect(mayNotice({ ...known, noticedToday, tenants }).allowed).toBe(allowed);
  });

  it('wait for quarantine and clock, but not for an operator stop', () => {
    expect(mayNotice({ ...known, noticedToday: 0, quarantine: { since: now, reason: 'x' } }).allowed).toBe(false);
    expect(mayNotice({ ...known, noticedToday: 0, ledgerHeadAt: '2026-01-01T00:00:00.000Z' }).allowed).toBe(false);
  });
});
