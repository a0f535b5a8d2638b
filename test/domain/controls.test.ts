import { describe, expect, it } from 'vitest';
import { addDays, addHours, addMs } from '../../src/domain/calendar.ts';
import type { Case, CaseFacts } from '../../src/domain/case.ts';
import { type ControlFacts, type ControlId, evaluateControls } from '../../src/domain/controls.ts';
import type { Hold } from '../../src/domain/hold.ts';
import type { SourceControlFacts } from '../../src/domain/source-controls.ts';

const now = '2026-11-22T20:00:00.000Z';
const ago = (days: number) => addDays(now, -days);

const source: SourceControlFacts = {
  tenant: 'acme',
  source: 'files',
  status: 'active',
  paused: false,
  createdAt: ago(300),
  newestGoodCopyAt: ago(0.5),
  oldestCopyAt: ago(89),
  slots: [{ at: ago(0.5), windowHours: 12, metAt: ago(0.4) }],
  lastRestoreTest: { testedAt: ago(3), verdict: 'passed' },
  packs: { total: 40, unread: 0 },
  retentionDays: 90,
  everyDays: 7,
  coverageDays: 30,
};

const healthy: ControlFacts = {
  sources: [source],
  cases: [],
  holds: [],
  keyReplicas: [
    { name: 'a', keys: 9, writable: true },
    { name: 'b', keys: 9, writable: true },
  ],
  keyRecoveries: [],
  escrow: [],
  exceptions: [],
};

const system = { kind: 'system', id: 'sweep' } as const;
const facts: CaseFacts = {
  id: 'c-0123456789',
  tenant: 'acme',
  scope: { tenant: 'acme' },
  reason: 'non-payment',
  planDigest: '00',
  policy: {
    noticeDays: 30,
    reminders: [7, 1],
    startLevel: 'relayed',
    settlementDays: 7,
    coolingOffDays: 7,
    approval: 'required',
    authority: {},
  },
  openedBy: system,
  openedAt: ago(60),
  deliveries: [],
  reminders: [],
  invoices: [],
  attempts: 0,
  timeline: [],
};
const clock = { startedAt: ago(60), days: 30, dueAt: ago(20), destroyFrom: ago(10), basis: { delivery: 'd1' } };
const begun = { clock, begunAt: ago(3), steps: [] };
const hold: Hold = {
  id: 'h-0123456789',
  scope: { tenant: 'acme' },
  reason: 'litigation',
  placedBy: 'op',
  placedAt: ago(5),
};

/** Status and reason of one control for one subject. */
function control(id: ControlId, facts: ControlFacts, subject?: string, at = now): [string, string] {
  const found = evaluateControls(facts, at).filter(
    (result) => result.id === id && (subject === undefined || result.subject === subject),
  );
  expect(found).toHaveLength(1);
  return [found[0]!.status, found[0]!.reason];
}

describe('a healthy home', () => {
  it('passes every control but the second place that it does not have', () => {
    const results = evaluateControls(healthy, now);
    expect(results.map(({ id, status }) => [id, status])).toEqual([
      ['freshness', 'pass'],
      ['missed-slots', 'pass'],
      ['restore-tested', 'pass'],
      ['coverage', 'pass'],
      ['copy-age', 'pass'],
      ['key-replicas', 'pass'],
      ['keys-recoverable', 'pass'],
      ['escrow', 'pass'],
      ['second-place-lag', 'exception'],
      ['cases-overdue', 'pass'],
      ['notices-undeliverable', 'pass'],
    ]);
    expect(results.every(({ reason }) => reason !== '')).toBe(true);
  });

  it('answers every control even when it is empty', () => {
    const ids = evaluateControls({ ...healthy, sources: [] }, now).map(({ id, subject }) => `${id} ${subject}`);
    expect(new Set(ids).size).toBe(11);
    expect(ids.every((id) => id.endsWith(' home'))).toBe(true);
  });
});

describe('a source', () => {
  it.each<[string, ControlId, Partial<SourceControlFacts>, string, string]>([
    [
      'is fresh just under 30 days',
      'freshness',
      { newestGoodCopyAt: addMs(ago(30), 1) },
      'pass',
      'the newest good copy is 29 days old and expires on 2027-01-21T20:00:00.001Z',
    ],
    [
      'is stale at 30 days',
      'freshness',
      { newestGoodCopyAt: ago(30) },
      'fail',
      'the newest good copy is 30 days old and expires on 2027-01-21T20:00:00.000Z',
    ],
    [
      'is excused while paused',
      'freshness',
      { newestGoodCopyAt: ago(40), paused: true },
      'exception',
      'the newest good copy is 40 days old and expires on 2027-01-11T20:00:00.000Z; backups are paused by an operator',
    ],
    [
      'may be new',
      'missed-slots',
      { slots: [{ at: ago(0.2), windowHours: 12 }] },
      'pass',
      'no slot was missed in 7 days (1 were due)',
    ],
    [
      'missed a slot',
      'missed-slots',
      { slots: [{ at: ago(2), windowHours: 12 }, ...source.slots] },
      'fail',
      `1 of 2 slots in 7 days were missed: ${ago(2)}`,
    ],
    [
      'met a slot too late',
      'missed-slots',
      { slots: [{ at: ago(2), windowHours: 12, metAt: ago(1) }] },
      'fail',
      `1 of 1 slots in 7 days were missed: ${ago(2)}`,
    ],
    [
      'missed a slot long ago',
      'missed-slots',
      { slots: [{ at: ago(8), windowHours: 12 }] },
      'pass',
      'no slot was missed in 7 days (0 were due)',
    ],
    [
      'was tested a run ago',
      'restore-tested',
      { lastRestoreTest: { testedAt: ago(8), verdict: 'passed' } },
      'pass',
      'the last restore test, 8 days ago, passed; every 7 days are promised',
    ],
    [
      'was tested too long ago',
      'restore-tested',
      { lastRestoreTest: { testedAt: addMs(ago(8), -1), verdict: 'passed' } },
      'fail',
      'the last restore test, 8 days ago, passed; every 7 days are promised',
    ],
    [
      'failed its test',
      'restore-tested',
      { lastRestoreTest: { testedAt: ago(1), verdict: 'failed' } },
      'fail',
      'the last restore test, 1 days ago, failed; every 7 days are promised',
    ],
    [
      'could not be tested',
      'restore-tested',
      { lastRestoreTest: { testedAt: ago(1), verdict: 'not-tested' } },
      'fail',
      'the last restore test, 1 days ago, could not be done; every 7 days are promised',
    ],
    [
      'has packs that nobody read',
      'coverage',
      { packs: { total: 40, unread: 3 } },
      'fail',
      '37 of 40 packs are new or were read in full within 30 days',
    ],
    [
      'has a copy of 90 days',
      'copy-age',
      { oldestCopyAt: ago(90) },
      'pass',
      'the oldest copy is 90.0 days old, 90 are allowed',
    ],
    [
      'has a copy that the next expiry takes',
      'copy-age',
      { oldestCopyAt: ago(90.5) },
      'pass',
      'the oldest copy is 90.5 days old, goes with the next expiry',
    ],
    [
      'has a copy that outlived its time',
      'copy-age',
      { oldestCopyAt: ago(91.1) },
      'fail',
      'the oldest copy is 91.1 days old, 90 are allowed',
    ],
    [
      'is judged by the age of its copies also while paused',
      'copy-age',
      { oldestCopyAt: ago(95), paused: true },
      'fail',
      'the oldest copy is 95.0 days old, 90 are allowed',
    ],
  ])('%s', (_, id, change, status, reason) => {
    expect(control(id, { ...healthy, sources: [{ ...source, ...change }] })).toEqual([status, reason]);
  });

  it('that never had a copy or a test is stale from its beginning on', () => {
    const { newestGoodCopyAt: _copy, lastRestoreTest: _test, oldestCopyAt: _oldest, ...bare } = source;
    const young = { ...healthy, sources: [{ ...bare, createdAt: ago(5) }] };
    expect(control('freshness', young)).toEqual(['pass', 'no good copy exists, 5 days after the source was added']);
    expect(control('restore-tested', young)).toEqual([
      'pass',
      'never tested, 5 days after the source was added; every 7 days are promised',
    ]);
    const old = { ...healthy, sources: [{ ...bare, createdAt: ago(31) }] };
    expect(control('freshness', old)[0]).toBe('fail');
    expect(control('restore-tested', old)[0]).toBe('fail');
    expect(control('copy-age', old)).toEqual(['pass', 'no copy exists']);
  });

  it.each([
    [59.9, undefined],
    [60, true],
  ])('with a newest copy of %d days: the customer is told: %s', (age, told) => {
    for (const paused of [false, true]) {
      const results = evaluateControls(
        { ...healthy, sources: [{ ...source, paused, newestGoodCopyAt: ago(age) }] },
        now,
      );
      expect(results.find(({ id }) => id === 'freshness')?.tellCustomer).toBe(told);
      expect(results.filter(({ tellCustomer }) => tellCustomer)).toHaveLength(told ? 1 : 0);
    }
  });

  it('that was removed answers for the age of its copies only', () => {
    const removed = { ...source, status: 'removed' as const, newestGoodCopyAt: ago(80), oldestCopyAt: ago(99) };
    const results = evaluateControls({ ...healthy, sources: [removed] }, now).filter(
      ({ subject }) => subject === 'acme/files',
    );
    expect(results.map(({ id, status }) => [id, status])).toEqual([['copy-age', 'fail']]);
  });
});

describe('a case', () => {
  const withCase = (value: Case, holds: Hold[] = []): ControlFacts => ({ ...healthy, cases: [value], holds });
  const remainder = [{ place: 'primary', what: 'objects', reason: 'locked' }];
  const rows: [string, Case, string, string][] = [
    ['has no date yet', { ...facts, status: 'opened' }, 'pass', 'opened: nothing is due'],
    [
      'runs',
      { ...facts, status: 'notified', clock: { ...clock, dueAt: ago(-3) } },
      'pass',
      `the notice runs out at ${ago(-3)}`,
    ],
    [
      'was forgotten when its notice ran out',
      { ...facts, status: 'notified', clock },
      'fail',
      `the notice runs out at ${ago(20)}, and the case is still notified`,
    ],
    [
      'waits for approval in time',
      { ...facts, status: 'awaiting-approval', clock: { ...clock, destroyFrom: addHours(now, -24) } },
      'pass',
      `an approval is wanted so that the erasure can begin at ${addHours(now, -24)}`,
    ],
    [
      'waits for approval too long',
      { ...facts, status: 'awaiting-approval', clock },
      'fail',
      `an approval is wanted so that the erasure can begin at ${ago(10)}, and the case is still awaiting-approval`,
    ],
    [
      'should be erasing',
      { ...facts, status: 'due', clock },
      'fail',
      `the erasure begins at ${ago(10)}, and the case is still due`,
    ],
    [
      'erases for days',
      { ...facts, status: 'erasing', destroyedAnything: false, ...begun },
      'fail',
      `the erasure was begun at ${ago(3)}, and the case is still erasing`,
    ],
    [
      'has left its remainder alone',
      { ...facts, status: 'remainder', destroyedSince: ago(3), remainder, nextCheckAt: ago(2), ...begun },
      'fail',
      `what is left is looked for again at ${ago(2)}, and the case is still remainder`,
    ],
    [
      'waits for its remainder',
      { ...facts, status: 'remainder', destroyedSince: ago(3), remainder, nextCheckAt: ago(-2), ...begun },
      'pass',
      `what is left is looked for again at ${ago(-2)}`,
    ],
    [
      'was certified and not closed',
      {
        ...facts,
        status: 'certified',
        destroyedSince: ago(3),
        certificate: { id: 'x', digest: '00', at: ago(2) },
        ...begun,
      },
      'fail',
      `the certificate was issued at ${ago(2)}, and the case is still certified`,
    ],
    [
      'is in dispute',
      { ...facts, status: 'disputed', stop: { kind: 'dispute', at: ago(50) } },
      'pass',
      'disputed: nothing is due',
    ],
  ];
  it.each(rows)('%s', (_, value, status, reason) => {
    expect(control('cases-overdue', withCase(value), facts.id)).toEqual([status, reason]);
    expect(control('notices-undeliverable', withCase(value), facts.id)[0]).toBe('pass');
  });

  it('that is late under a hold is an exception that names the hold', () => {
    const due: Case = { ...facts, status: 'due', clock };
    const [status, reason] = control('cases-overdue', withCase(due, [hold]), facts.id);
    expect([status, reason]).toEqual([
      'exception',
      `the erasure begins at ${ago(10)}, and the case is still due: held by h-0123456789 (litigation)`,
    ]);
    expect(control('cases-overdue', withCase(due, [{ ...hold, scope: { tenant: 'other' } }]), facts.id)[0]).toBe(
      'fail',
    );
  });

  it('whose notice reaches nobody fails', () => {
    const stuck: Case = { ...facts, status: 'undeliverable', undeliverableAt: ago(2) };
    expect(control('notices-undeliverable', withCase(stuck), facts.id)).toEqual([
      'fail',
      `no contact could be reached since ${ago(2)}; the clock stands still until an operator acts`,
    ]);
  });

  it('that is over is passed over', () => {
    const over: Case = { ...facts, status: 'cancelled', cancelledAt: ago(1), cancelledBy: system, cause: 'payment' };
    expect(control('cases-overdue', withCase(over))).toEqual(['pass', 'no case is open']);
  });
});

describe('the home', () => {
  const one = { name: 'a', keys: 9, writable: true };
  const key = { id: 'k1', tenant: 'acme', exportedAt: ago(9), tenantErased: false };
  it.each<[string, ControlId, Partial<ControlFacts>, string, string]>([
    [
      'has one replica of keys',
      'key-replicas',
      { keyReplicas: [one] },
      'fail',
      'keys lie in 1 replica only; if it is lost, every copy is',
    ],
    [
      'has replicas that differ',
      'key-replicas',
      { keyReplicas: [one, { ...one, name: 'b', keys: 8 }] },
      'fail',
      'the replicas differ (a: 9 keys, b: 8 keys)',
    ],
    [
      'has a replica that is not writable',
      'key-replicas',
      { keyReplicas: [one, { ...one, name: 'b', writable: false }] },
      'fail',
      'not writable: b',
    ],
    [
      'keeps destroyed keys somewhere',
      'keys-recoverable',
      { keyRecoveries: ['point-in-time recovery is on for table k', 'a backup of table k exists'] },
      'fail',
      'destroyed keys could come back: point-in-time recovery is on for table k; a backup of table k exists',
    ],
    ['knows its exported keys', 'escrow', { escrow: [key] }, 'pass', `exported keys: k1 (acme, exported ${ago(9)})`],
    [
      'has an exported key of an erased tenant',
      'escrow',
      { escrow: [{ ...key, tenantErased: true }] },
      'fail',
      `exported keys of erased tenants, not attested as destroyed: k1 (acme, exported ${ago(9)})`,
    ],
    [
      'knows that one was destroyed',
      'escrow',
      { escrow: [{ ...key, tenantErased: true, destructionAttestedAt: ago(1) }] },
      'pass',
      'no exported key exists',
    ],
    [
      'is copied',
      'second-place-lag',
      { secondPlace: { name: 'far', allowedHours: 24 } },
      'pass',
      'far has every object',
    ],
    [
      'is nearly copied',
      'second-place-lag',
      { secondPlace: { name: 'far', uncopiedSince: addMs(ago(1), 1), allowedHours: 24 } },
      'pass',
      'far is 23 hours behind, 24 are allowed',
    ],
    [
      'is not copied',
      'second-place-lag',
      { secondPlace: { name: 'far', uncopiedSince: ago(1), allowedHours: 24 } },
      'fail',
      'far is 24 hours behind, 24 are allowed',
    ],
  ])('%s', (_, id, change, status, reason) => {
    expect(control(id, { ...healthy, ...change })).toEqual([status, reason]);
  });
});

describe('an accepted exception', () => {
  const stale = { ...healthy, sources: [{ ...source, newestGoodCopyAt: ago(31) }] };
  const accepted = { id: 'freshness' as const, subject: 'acme/files', reason: 'moving house', until: now };

  it('turns a failure of its control and subject into an exception with both reasons, until its end', () => {
    const excused = { ...stale, exceptions: [accepted] };
    expect(control('freshness', excused)).toEqual([
      'exception',
      `the newest good copy is 31 days old and expires on ${ago(-59)}; accepted until ${now}: moving house`,
    ]);
    expect(control('freshness', excused, undefined, addMs(now, 1))[0]).toBe('fail');
  });

  it.each([
    ['another subject', { ...accepted, subject: 'acme/other' }],
    ['another control', { ...accepted, id: 'coverage' as const }],
  ])('does not excuse %s', (_, exception) => {
    expect(control('freshness', { ...stale, exceptions: [exception] })[0]).toBe('fail');
  });

  it('changes nothing about what passes', () => {
    expect(evaluateControls({ ...healthy, exceptions: [accepted] }, now)).toEqual(evaluateControls(healthy, now));
  });
});
