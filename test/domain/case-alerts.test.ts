import { describe, expect, it } from 'vitest';
import { alertStands, causeStands, settledAlerts } from '../../src/domain/case-alerts.ts';
import { anna, ben, customer, finance, opening, policy, Story, system, unattended } from './case-fixtures.ts';

const start = '2026-10-01T12:00:00.000Z';
const evidence = 'digest';

/** A case whose notice reached nobody: both contacts' mails came back. */
function unreached(): Story {
  const story = new Story(start);
  story.tell(opening('obsolete', start));
  story.tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
  expect(story.did).toEqual(['send-notice']);
  story.tell({ type: 'bounce', actor: system, delivery: 'd2', reason: '5.1.1' });
  expect([story.status, story.did]).toEqual(['undeliverable', ['undeliverable']]);
  return story;
}

/** A case that waits for a second person. */
function waiting(): Story {
  const story = new Story(start).noticed('non-payment');
  const dueAt = story.value && 'clock' in story.value ? story.value.clock.dueAt : '';
  story.at(new Date(Date.parse(dueAt) + 1).toISOString()).tick();
  expect([story.status, story.did]).toEqual(['awaiting-approval', ['approval-wanted', 'blocked']]);
  return story;
}

describe('the alert', () => {
  it('of a stop is closed when the clock goes on, and the next stop opens it again', () => {
    const story = new Story(start).noticed('obsolete');
    story.tell({ type: 'object', actor: customer });
    expect([story.did, story.settled]).toEqual([['disputed'], []]);
    story.tell({ type: 'settle', actor: anna });
    expect(story.settled).toEqual(['case-disputed']);
    story.tell({ type: 'object', actor: customer });
    expect([story.did, story.settled]).toEqual([['disputed'], []]);
  });

  it('of a promise is closed by the sweep after its day', () => {
    const story = new Story(start).noticed('non-payment');
    story.tell({ type: 'promise', actor: finance, until: '2026-10-05' });
    story.at('2026-10-06T12:00:00.000Z').tick();
    expect([story.status, story.settled]).toEqual(['notified', ['case-disputed']]);
  });

  it('that an approval is wanted is closed by the approval, and by whatever else leads away from it', () => {
    const approved = waiting();
    const decision = approved.tell({ type: 'approve', actor: ben });
    expect(decision.effects).toEqual([
      { type: 'settle-alerts', settled: [{ kind: 'case-approval-wanted', cause: 'the case is due' }] },
    ]);
    const disputed = waiting();
    disputed.tell({ type: 'dispute', actor: finance });
    expect([disputed.did, disputed.settled]).toEqual([['disputed'], ['case-approval-wanted']]);
    const extended = waiting();
    extended.tell({ type: 'extend', actor: anna, until: '2027-01-31' });
    expect(extended.settled).toEqual(['case-approval-wanted']);
  });

  it('that nobody is reached is closed when a notice goes out again or is recorded, and opens when that comes back', () => {
    const story = unreached();
    story.tell({ type: 'notify-contact', actor: anna, contact: 0 });
    expect(story.settled).toEqual(['case-undeliverable']);
    story.tell({ type: 'bounce', actor: system, delivery: 'd3', reason: '5.1.1' });
    expect([story.did, story.settled]).toEqual([['undeliverable'], []]);
    const channel = 'registered-mail' as const;
    const letter = { type: 'notice-recorded' as const, actor: anna, contact: 0, channel, level: 'accepted' as const };
    const { effects } = story.at('2026-10-02T12:00:00.000Z').tell({ ...letter, evidence });
    const cause = 'a notice has arrived, or is on its way';
    expect(effects).toEqual([{ type: 'settle-alerts', settled: [{ kind: 'case-undeliverable', cause }] }]);
  });

  it('of a late bounce is closed once its contact is reached again', () => {
    const story = new Story(start).noticed('obsolete').at('2026-10-09T12:00:00.000Z');
    story.tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
    expect([story.status, story.did]).toEqual(['undeliverable', ['late-bounce', 'send-notice']]);
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd2', level: 'relayed', evidence });
    expect([story.status, story.settled]).toEqual(['notified', []]);
    story.tell({ type: 'notify-contact', actor: anna, contact: 0 });
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd3', level: 'relayed', evidence });
    expect(story.settled).toEqual(['case-late-bounce']);
  });

  it('that an authority is missing is closed when one is recorded', () => {
    const story = new Story(start, { ...policy, authority: {} });
    story.tell(opening('obsolete', start));
    expect(story.did).toEqual(['authority-missing']);
    const authority = { clause: 'order', reference: 'AZ 7 O 12/26', by: 'court', at: start };
    story.tell({ type: 'authorise', actor: anna, authority });
    expect([story.did, story.settled]).toEqual([['send-notice'], ['case-authority-missing']]);
  });

  it('that an erasure is blocked or left something is closed when an attempt ends, and when nothing is left', () => {
    const story = new Story(start, unattended).noticed('obsolete');
    const dueAt = story.value && 'clock' in story.value ? story.value.clock.destroyFrom : '';
    story.at(dueAt).tick();
    story.tell({ type: 'begin-erasure', actor: system, attempt: 1 });
    story.tell({ type: 'begin-step', actor: system, step: 'x' });
    expect(story.settled).toEqual([]);
    const items = [{ what: 'object version', place: 'copies', reason: 'locked' }];
    story.tell({ type: 'remainder-found', actor: system, items });
    expect(story.settled).toEqual(['erasure-blocked']);
    story.tell({ type: 'begin-erasure', actor: system, attempt: 2 });
    expect(story.settled).toEqual([]);
    story.tell({ type: 'certify', actor: system, certificate: 'cert-1', digest: 'aa' });
    expect(story.settled).toContain('erasure-remainder');
    story.tell({ type: 'close', actor: system });
    expect(story.settled).toEqual([]);
  });

  it('of a bounce is closed by the certificate, and one of a bounce after it is not, however late it is closed', () => {
    const story = new Story(start, unattended).noticed('obsolete');
    story.tell({ type: 'notify-contact', actor: anna, contact: 1 });
    story.tell({ type: 'notice-sent', actor: system, delivery: 'd2', level: 'relayed', evidence });
    story.tell({ type: 'bounce', actor: system, delivery: 'd2', reason: '5.1.1' });
    story.at(story.value && 'clock' in story.value ? story.value.clock.destroyFrom : '').tick();
    story.tell({ type: 'begin-erasure', actor: system, attempt: 1 });
    story.tell({ type: 'begin-step', actor: system, step: 'x' });
    story.tell({ type: 'certify', actor: system, certificate: 'cert-1', digest: 'aa' });
    expect(story.settled).toContain('case-late-bounce');
    const stands = () => story.value && causeStands(story.value, 'case-late-bounce');
    expect(stands()).toBe(false);
    const later = new Date(Date.parse(story.now) + 1000).toISOString();
    story.at(later).tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
    expect([story.did, stands()]).toEqual([['late-bounce'], true]);
  });

  it.each([
    ['unreached', unreached],
    ['waiting', waiting],
  ])('of whatever kind is closed by the end of a case that is %s', (_name, tell) => {
    const story = tell();
    const { effects } = story.tell({ type: 'cancel', actor: anna });
    const settled = effects.flatMap((effect) => (effect.type === 'settle-alerts' ? effect.settled : []));
    expect(settled).toHaveLength(7);
    expect(new Set(settled.map(({ cause }) => cause))).toEqual(new Set(['the case is cancelled']));
    story.tell({ type: 'bounce', actor: system, delivery: 'd1', reason: '5.1.1' });
    expect(story.did).toEqual([]);
  });

  it('that a crash left untold is not told of what was settled since', () => {
    const story = new Story(start).noticed('obsolete');
    story.tell({ type: 'object', actor: customer });
    const disputed = story.value ?? expect.fail();
    expect(alertStands(disputed, 'case-disputed')).toBe(true);
    story.tell({ type: 'settle', actor: anna });
    const after = story.value ?? expect.fail();
    expect(alertStands(after, 'case-disputed')).toBe(false);
    expect(settledAlerts(undefined, after)).toEqual([]);
  });
});
