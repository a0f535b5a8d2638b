import { describe, expect, it } from 'vitest';
import { BlockedError } from '../../src/domain/errors.ts';
import { expectedCompletionAt, expectedFromNow, requestStatusOf } from '../../src/domain/opendsr.ts';
import { certificateFault, parseDomain } from '../../src/domain/opendsr-certificate.ts';
import { anna, customer, hold, opening, policy, Story, system, unattended } from './case-fixtures.ts';

const zone = 'Europe/Berlin';
const monday = '2026-03-02T10:00:00.000Z';
/** Seven whole days of Berlin after the second of March, no settlement, a day for the erasure. */
const nextWeek = '2026-03-10T23:00:00.000Z';

const requested = () => {
  const story = new Story(monday, unattended, zone);
  story.tell(opening('customer-request', monday));
  return story;
};
const running = () => new Story(monday, unattended, zone).noticed('customer-request');
const erasing = () => {
  const story = running().at('2026-03-10T00:30:00.000Z').tick();
  story.tell({ type: 'begin-erasure', actor: system, attempt: 1 });
  return story;
};
const destroying = () => {
  const story = erasing();
  story.tell({ type: 'begin-step', actor: system, step: 'overwrite' });
  return story;
};
const item = { what: 'object version', place: 'bucket', reason: 'locked' };

const lives: [name: string, story: () => Story, status: string, expected: string][] = [
  ['waits for its code', requested, 'pending', nextWeek],
  ['has waited for a day', () => requested().at('2026-03-03T10:00:00.000Z'), 'pending', '2026-03-11T23:00:00.000Z'],
  ['comes late in the day', () => requested().at('2026-03-02T22:59:59.999Z'), 'pending', nextWeek],
  [
    'comes on the next local day',
    () => requested().at('2026-03-02T23:00:00.000Z'),
    'pending',
    '2026-03-11T23:00:00.000Z',
  ],
  ['runs', running, 'pending', nextWeek],
  ['runs, looked at later', () => running().at('2026-03-06T10:00:00.000Z'), 'pending', nextWeek],
  [
    'is held beyond its day',
    () => {
      const story = running();
      story.holds = [hold('h-1', { tenant: 'acme' })];
      return story.at('2026-04-01T12:00:00.000Z');
    },
    'pending',
    '2026-04-02T12:00:00.000Z',
  ],
  [
    'is objected to, with all of its days left',
    () => {
      const story = running();
      story.tell({ type: 'object', actor: anna });
      return story.at('2026-03-20T12:00:00.000Z');
    },
    'pending',
    '2026-03-28T23:00:00.000Z',
  ],
  [
    'was extended',
    () => {
      const story = running();
      story.tell({ type: 'extend', actor: customer, until: '2026-03-20' });
      return story;
    },
    'pending',
    '2026-03-21T23:00:00.000Z',
  ],
  ['is being prepared', erasing, 'pending', '2026-03-11T00:30:00.000Z'],
  ['has destroyed something', destroying, 'in_progress', '2026-03-11T00:30:00.000Z'],
  ['is long at it', () => destroying().at('2026-03-15T00:00:00.000Z'), 'in_progress', '2026-03-15T00:00:00.000Z'],
  [
    'has a remainder without a date',
    () => {
      const story = destroying();
      story.tell({ type: 'remainder-found', actor: system, items: [item] });
      return story;
    },
    'in_progress',
    '2026-03-11T00:30:00.000Z',
  ],
  [
    'has a remainder that goes later',
    () => {
      const story = destroying();
      const items = [
        { ...item, until: '2026-06-01T00:00:00Z' },
        { ...item, place: 'x', until: '2026-05-01T00:00:00Z' },
      ];
      story.tell({ type: 'remainder-found', actor: system, items });
      return story;
    },
    'in_progress',
    '2026-06-01T00:00:00.000Z',
  ],
  [
    'is certified',
    () => {
      const story = destroying().at('2026-03-10T02:00:00.000Z');
      story.tell({ type: 'certify', actor: system, certificate: 'cert-1', digest: 'ab' });
      return story.at('2026-04-01T00:00:00.000Z');
    },
    'completed',
    '2026-03-10T02:00:00.000Z',
  ],
  [
    'is closed',
    () => {
      const story = destroying().at('2026-03-10T02:00:00.000Z');
      story.tell({ type: 'certify', actor: system, certificate: 'cert-1', digest: 'ab' });
      story.at('2026-03-10T03:00:00.000Z').tell({ type: 'close', actor: system });
      return story.at('2026-04-01T00:00:00.000Z');
    },
    'completed',
    '2026-03-10T02:00:00.000Z',
  ],
  [
    'is cancelled',
    () => {
      const story = running().at('2026-03-04T00:00:00.000Z');
      story.tell({ type: 'cancel', actor: customer });
      return story.at('2026-04-01T00:00:00.000Z');
    },
    'cancelled',
    '2026-03-04T00:00:00.000Z',
  ],
];

describe('a request whose case', () => {
  it.each(lives)('%s', (_, tell, status, expected) => {
    const { value, now } = tell();
    if (value === undefined) throw new BlockedError('no case');
    expect(requestStatusOf(value)).toBe(status);
    expect(expectedCompletionAt(value, now, zone)).toBe(expected);
  });
});

it('what is promised when a request comes in is what its own clock says once it is confirmed the same day', () => {
  const { value, now } = running();
  if (value === undefined) throw new BlockedError('no case');
  expect(expectedFromNow(unattended, monday, zone)).toBe(expectedCompletionAt(value, now, zone));
  expect(expectedFromNow({ ...policy, coolingOffDays: 14 }, monday, zone)).toBe('2026-03-24T23:00:00.000Z');
});

it.each([
  [{ currentKid: 'a', now: '2026-03-05T00:00:00.000Z' }, undefined],
  [{ currentKid: 'b', now: '2026-03-05T00:00:00.000Z' }, /another key/],
  [{ currentKid: 'a', now: '2026-03-01T23:59:59.000Z' }, /only from 2026-03-02/],
  [{ currentKid: 'a', now: '2026-04-02T00:00:00.001Z' }, /ended on 2026-04-02/],
])('a certificate is used within its time and for its key: %j', (at, why) => {
  const certificate = {
    ...{ domain: 'dsr.example', pem: '', kid: 'a', fingerprint: '', issuer: '', selfSigned: false, addedAt: monday },
    ...{ notBefore: '2026-03-02T00:00:00.000Z', notAfter: '2026-04-02T00:00:00.000Z' },
  };
  const fault = certificateFault(certificate, at);
  if (why === undefined) expect(fault).toBeUndefined();
  else expect(fault).toMatch(why);
});

it.each([
  'https://dsr.example.com',
  'example.com:8443',
  'localhost',
  '*.example.com',
  'a..b',
  '-a.example',
  'exämple.com',
  '',
])('"%s" is no domain', (text) => {
  expect(() => parseDomain(text)).toThrow('is no domain');
});

it('a domain is lower-case', () => {
  expect(parseDomain('DSR.Example.COM')).toBe('dsr.example.com');
});
