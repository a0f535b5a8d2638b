import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { countOf } from '../../src/domain/remainder-groups.ts';
import { type CheckCursor, checkRepository } from '../../src/repository/check.ts';
import { purgeScopeObjects, sweepScope } from '../../src/repository/drop-source.ts';
import { clearLeftovers } from '../../src/repository/leftovers.ts';
import { scopePrefix } from '../../src/repository/object-names.ts';
import { eraseSubject, type SubjectCursor, type SubjectErasure } from '../../src/repository/subject-erasure.ts';
import { purgeWork, writeWork } from '../../src/repository/worklist.ts';
import { memoryObjectStore } from '../memory-ports.ts';
import { backUp, memoryRepository } from './engine.ts';
import { memorySource } from './memory-source.ts';

const scope = { tenant: 'acme', source: 'files' };
const never = (): boolean => false;

/** A repository with some copies of a source that changes. */
async function history(copies: number) {
  const repo = await memoryRepository();
  const source = memorySource();
  const twin = randomBytes(40_000);
  source.file('ada/letter', 'dear bob');
  source.file('ada/photo', twin);
  source.file('bob/photo', twin);
  for (let n = 0; n < copies; n++) {
    source.file('changing', `version ${n}`);
    if (n % 2 === 0) source.file(`ada/diary-${n}`, `day ${n}`);
    await backUp(repo, source.driver);
  }
  return repo;
}

async function eraseInLegs(repo: Awaited<ReturnType<typeof history>>, inRound: number) {
  const legs: SubjectErasure[] = [];
  for (let from: SubjectCursor | undefined; ; ) {
    const done = await eraseSubject(repo, 'acme', 'files', [Buffer.from('ada/')], {
      ...{ run: 'e1', inRound, goOn: never },
      ...(from && { from }),
    });
    if (done.outcome === 'busy') throw new Error(done.reason);
    legs.push(done);
    if (done.stoppedAt === undefined || legs.length > 10) return legs;
    from = JSON.parse(JSON.stringify(done.stoppedAt)) as SubjectCursor;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('in legs', () => {
  test.each([1, 2])(
    'a subject erasure comes to what one in a single leg comes to: %i copies a round',
    async (inRound) => {
      const whole = await eraseSubject(await history(5), 'acme', 'files', [Buffer.from('ada/')], { run: 'e1' });
      if (whole.outcome === 'busy') throw new Error(whole.reason);
      const repo = await history(5);
      const legs = await eraseInLegs(repo, inRound);
      expect(legs.length).toBe(Math.ceil(5 / inRound));
      expect(sum(legs.map(({ entriesErased }) => entriesErased))).toBe(whole.entriesErased);
      expect(sum(legs.map(({ bytes }) => bytes))).toBe(whole.bytes);
      expect(sum(legs.map(({ snapshots }) => snapshots.length))).toBe(whole.snapshots.length);
      expect(sum(legs.map(({ remainingUnderOtherKeys }) => remainingUnderOtherKeys.length))).toBe(
        whole.remainingUnderOtherKeys.length,
      );
      // Nothing of it is found any more, by whatever run.
      const again = await eraseSubject(repo, 'acme', 'files', [Buffer.from('ada/')], { run: 'e2' });
      expect(again).toMatchObject({ outcome: 'erased', entriesErased: 0, snapshots: [] });
      expect((await checkRepository(repo, { readData: 'all' })).problems).toEqual([]);
    },
  );

  test('a purge of a scope passes over what stays, and counts it once', async () => {
    const repo = {
      ...(await history(1)),
      objects: memoryObjectStore({ locks: { now: () => '2026-11-22T20:00:00.000Z' } }),
    };
    const prefix = scopePrefix('acme', 'files');
    for (let n = 0; n < 1700; n++) {
      const key = `${prefix}work/${String(n).padStart(20, '0')}/x/y`;
      await repo.objects.put(key, Buffer.from('x'));
      if (n % 400 === 0) await repo.objects.extendLock(key, '2027-01-01T00:00:00.000Z');
    }
    const all = [...repo.objects.objects.keys()].length;
    const legs = [];
    for (let after: string | undefined; legs.length < 10; ) {
      const leg = await purgeScopeObjects(repo, scope, { goOn: never, ...(after && { after }) });
      legs.push(leg);
      if (leg.stoppedAfter === undefined) break;
      after = leg.stoppedAfter;
    }
    expect(legs.length).toBe(4);
    expect(sum(legs.map(({ objects }) => objects))).toBe(all - 5);
    expect(sum(legs.map(({ left }) => countOf(left)))).toBe(5);
    expect((await sweepScope(repo, scope)).objects).toHaveLength(5);
  });

  test('a worklist is followed page by page', async () => {
    const repo = await history(1);
    const keys = Array.from({ length: 1200 }, (_, n) => `${scopePrefix('acme', 'files')}work/${n}/x/y`);
    for (const key of keys) await repo.objects.put(key, Buffer.from('x'));
    await writeWork(repo, scope, 'list', keys);
    const legs = [];
    do legs.push(await purgeWork(repo, scope, 'list', never));
    while (legs.at(-1)?.stopped === true && legs.length < 10);
    expect(legs.map(({ objects }) => objects)).toEqual([500, 500, 200, 0]);
    expect([...repo.objects.objects.keys()].filter((key) => key.includes('/work/'))).toEqual([]);
    expect((await clearLeftovers(repo, 'acme', 'files', never)).stopped).not.toBe(true);
  });

  test('a check looks at every entry once, and finds what one in a single leg finds', async () => {
    const repo = await history(4);
    const damaged = [...repo.objects.objects.keys()].filter((key) => /\/(pack|part)\//.test(key)).slice(0, 3);
    for (const key of damaged) {
      const bytes = repo.objects.objects.get(key) ?? Buffer.alloc(1);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    }
    const whole = await checkRepository(repo, { readData: 'all' });
    const found = new Map<string, number>();
    const parts: string[] = [];
    const readBefore = new Set<string>();
    for (let from: CheckCursor | undefined, legs = 0; ; legs++) {
      if (legs > 200) throw new Error('it goes round in circles');
      const options = { ...scope, readData: 'all', readBefore, goOn: never } as const;
      const leg = await checkRepository(repo, { ...options, ...(from && { from }) });
      for (const pack of leg.packIdsRead) readBefore.add(pack);
      for (const { object, affectedCount } of leg.problems) found.set(object, (found.get(object) ?? 0) + affectedCount);
      parts.push(...leg.sources.flatMap(({ partsRead }) => partsRead));
      if (leg.stoppedAt === undefined) break;
      from = JSON.parse(JSON.stringify(leg.stoppedAt)) as CheckCursor;
    }
    expect(new Map([...found].sort())).toEqual(
      new Map(whole.problems.map(({ object, affectedCount }) => [object, affectedCount] as const).sort()),
    );
    expect(parts.sort()).toEqual(whole.sources.flatMap((source) => source.parts).sort());
  });
});
