import { describe, expect, it } from 'vitest';
import { mostOwnLines } from '../../src/domain/case-timeline.ts';
import { anna, customer, finance, Story, system, unattended } from './case-fixtures.ts';

const start = '2026-10-01T12:00:00.000Z';
const longest = '€'.repeat(2000);
const bytesOf = (story: Story) => Buffer.byteLength(JSON.stringify(story.value));
const lines = (story: Story) => story.value?.timeline.length;

describe('a case that stands still', () => {
  it('is not made longer by who objects again: words are kept once, and others refused, not dropped', () => {
    const story = new Story(start).noticed('non-payment');
    story.tell({ type: 'dispute', actor: finance, note: 'invoice i-1' });
    const { value } = story;
    expect(story.tell({ type: 'object', actor: customer }).changed).toBe(true);
    expect(story.tell({ type: 'object', actor: customer }).changed).toBe(false);
    expect(story.tell({ type: 'object', actor: customer, note: 'It is wrong.' }).changed).toBe(true);
    expect(story.tell({ type: 'object', actor: customer, note: 'It is wrong.' }).changed).toBe(false);
    const before = story.value;
    for (let n = 0; n < 50; n++)
      expect(story.try({ type: 'object', actor: customer, note: `${n} ${longest}`.slice(0, 2000) })).toMatchObject({
        ok: false,
        code: 'conflict',
        reason: 'the clock stands still already, and why is on record',
      });
    expect(story.value).toBe(before);
    expect(before).toMatchObject({ stop: value?.status === 'disputed' ? value.stop : undefined });
  });

  it('keeps what else finance and operators say, each once, and of promises those that change something', () => {
    const story = new Story(start).noticed('non-payment');
    story.tell({ type: 'promise', actor: finance, until: '2026-10-20' });
    const promised = lines(story) ?? 0;
    for (const until of ['2026-10-20', '2026-10-10', '2026-10-20'])
      expect(story.tell({ type: 'promise', actor: finance, until }).changed).toBe(false);
    for (let n = 0; n < 5; n++)
      for (const invoice of ['i-1', 'i-2']) story.tell({ type: 'dispute', actor: finance, note: `invoice ${invoice}` });
    story.tell({ type: 'dispute', actor: anna, note: 'asked the bank' });
    story.tell({ type: 'promise', actor: finance, until: '2026-12-20' });
    expect(story.value?.timeline.slice(promised).map(({ note }) => note)).toEqual([
      'invoice i-1',
      'invoice i-2',
      'asked the bank',
    ]);
    expect(story.value).toMatchObject({ status: 'disputed', stop: { kind: 'dispute' } });
  });

  it('can be objected to again once it went on', () => {
    const story = new Story(start).noticed('non-payment');
    story.tell({ type: 'object', actor: customer, note: 'one' });
    story.at('2026-10-02T12:00:00.000Z').tell({ type: 'settle', actor: anna });
    story.at('2026-10-03T12:00:00.000Z').tell({ type: 'object', actor: customer, note: 'two' });
    expect([story.status, story.value?.timeline.at(-1)?.note]).toEqual(['disputed', 'two']);
  });
});

describe('a timeline', () => {
  it('takes so many lines of each kind from a customer; an operator can go on, and taking back is always possible', () => {
    const story = new Story(start, unattended).noticed('obsolete');
    const day = (n: number) => new Date(Date.parse('2026-12-01') + n * 86_400_000).toISOString().slice(0, 10);
    for (let n = 0; n < mostOwnLines; n++) story.tell({ type: 'extend', actor: customer, until: day(n) });
    const until = day(mostOwnLines);
    expect(story.try({ type: 'extend', actor: customer, until })).toMatchObject({
      ...{ ok: false, code: 'blocked' },
      reason: 'the customer has done this 20 times in this case',
    });
    story.tell({ type: 'extend', actor: anna, until });
    story.tell({ type: 'object', actor: customer });
    expect(story.tell({ type: 'cancel', actor: customer }).case.status).toBe('cancelled');
  });

  it('keeps room for what ends the case, however much was written into it', () => {
    const story = new Story(start, unattended).noticed('non-payment');
    for (let n = 0; n < 100; n++) {
      story.now = new Date(Date.parse(start) + n * 60_000).toISOString();
      story.try({ type: 'object', actor: customer, note: longest });
      story.try({ type: 'object', actor: customer, note: `${n} ${longest}`.slice(0, 2000) });
      story.tell({ type: 'settle', actor: anna, note: longest });
      story.tell({ type: 'dispute', actor: anna, note: longest });
      story.tell({ type: 'dispute', actor: anna, note: '😀'.repeat(1000) });
    }
    expect(bytesOf(story)).toBeLessThan(256 * 1024);
    const notes = story.value?.timeline.map(({ note = '' }) => note) ?? [];
    expect(notes[2]).toBe(longest);
    expect(notes.at(-1)).toBe(`${'😀'.repeat(40)}…`);
    story.tell({ type: 'paid', actor: finance });
    story.tell({ type: 'tick', actor: system });
    expect([story.status, bytesOf(story) < 256 * 1024]).toEqual(['cancelled', true]);
  });

  it('of what is looked at daily for years keeps the first and the newest lines, and the case can end', () => {
    const story = new Story(start, unattended).noticed('obsolete');
    story.at(story.value && 'clock' in story.value ? story.value.clock.destroyFrom : '').tick();
    const begun = Date.parse(story.now);
    const items = [{ what: 'object version', place: 'copies', reason: 'locked' }];
    for (let attempt = 1; attempt <= 1200; attempt++) {
      story.at(new Date(begun + attempt * 86_400_000).toISOString());
      story.tell({ type: 'begin-erasure', actor: system, attempt });
      if (attempt === 1) story.tell({ type: 'begin-step', actor: system, step: 'x' });
      story.tell({ type: 'remainder-found', actor: system, items });
    }
    const attempts = story.value?.timeline.filter(({ event }) => event === 'begin-erasure').map(({ note }) => note);
    expect(attempts?.slice(18, 22)).toEqual(['attempt 19', 'attempt 20', 'attempt 1181', 'attempt 1182']);
    expect(bytesOf(story)).toBeLessThan(20_000);
    story.tell({ type: 'begin-erasure', actor: system, attempt: 1201 });
    story.tell({ type: 'certify', actor: system, certificate: 'cert-1', digest: 'aa' });
    expect(story.status).toBe('certified');
  });
});
