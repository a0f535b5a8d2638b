import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { listSnapshots } from '../../src/repository/chain.ts';
import { checkRepository } from '../../src/repository/check.ts';
import { frameContext, openFrame } from '../../src/repository/frame.ts';
import type { Entry } from '../../src/repository/model.ts';
import { objectKey, parseObjectKey } from '../../src/repository/object-names.ts';
import { readPart, readRoot } from '../../src/repository/read-root.ts';
import { openSnapshot } from '../../src/repository/read-snapshot.ts';
import { eraseSubject } from '../../src/repository/subject-erasure.ts';
import { backUp, memoryRepository, restored } from './engine.ts';
import { assertRestores, assertTidy, contentsOf, type Expected } from './life.ts';
import { memorySource } from './memory-source.ts';

async function history() {
  const repo = await memoryRepository();
  const source = memorySource();
  source.directory('ada/');
  source.file('ada/letter', 'dear bob '.repeat(100));
  source.file('ada/photo', randomBytes(50_000));
  source.file('bob/letter', 'dear ada '.repeat(100));
  source.file('bob/photo', randomBytes(50_000));
  const expected: Expected = new Map();
  const twin = source.objects.get('ada/photo')!.content;
  for (let i = 0; i < 5; i++) {
    source.file('changing', `version ${i}`);
    if (i === 2) source.file('bob/copy-of-photo', twin);
    const { snapshot } = await backUp(repo, source.driver);
    expected.set(snapshot.id, contentsOf(source));
  }
  return { repo, source, expected };
}

const without = (expected: Expected, prefix: string): Expected =>
  new Map([...expected].map(([id, all]) => [id, new Map([...all].filter(([key]) => !key.startsWith(prefix)))]));

describe('a subject erasure', () => {
  test('takes the chosen out of every snapshot and leaves the rest, Merkle roots included', async () => {
    const { repo, expected } = await history();
    const before = await listSnapshots(repo);
    const done = await eraseSubject(repo, 'acme', 'files', [Buffer.from('ada/')], { run: 'e1' });
    expect(done).toMatchObject({
      outcome: 'erased',
      entriesErased: 3,
      bytes: 50_900,
      snapshots: before.map(({ id }) => id),
    });
    await assertRestores(repo, without(expected, 'ada/'));
    const after = await listSnapshots(repo);
    expect(after.map(({ merkleRoot }) => merkleRoot)).toEqual(before.map(({ merkleRoot }) => merkleRoot));
    expect(after.map(({ totals }) => totals.objects)).toEqual(before.map(({ totals }) => totals.objects - 3));
    for (const { root } of before) await expect(repo.keys.open(root.key)).rejects.toMatchObject({ code: 'not-found' });
    await assertTidy(repo);
  });

  test('names what other keys still hold', async () => {
    const { repo } = await history();
    const done = await eraseSubject(repo, 'acme', 'files', [Buffer.from('ada/photo')], { run: 'e1' });
    if (done.outcome === 'busy') throw new Error('busy');
    expect(done.remainingUnderOtherKeys.map(({ key }) => key.toString())).toEqual(Array(3).fill('bob/copy-of-photo'));
    const [third] = (await listSnapshots(repo)).slice(2);
    const reader = await openSnapshot(repo, third!);
    const copy = await reader.find(Buffer.from('bob/copy-of-photo'));
    let length = 0;
    for await (const piece of reader.readObject(copy!)) length += piece.length;
    expect(length).toBe(50_000);
  });

  test('leaves no key that opens the erased content, even to who kept the whole store', async () => {
    const { repo } = await history();
    const copy = new Map(repo.objects.objects);
    const [first] = await listSnapshots(repo);
    const erasedEntries: Entry[] = [];
    for (const ref of (await readRoot(repo, first!)).parts) {
      for (const entry of await readPart(repo, first!, ref)) {
        if (!('erased' in entry) && entry.key.toString().startsWith('ada/l')) erasedEntries.push(entry);
      }
    }
    const [chunk] = erasedEntries.flatMap(({ chunks }) => chunks);
    const stored = copy.get(objectKey(first!, 'pack', chunk!.frame.pack.id))!;
    const sealed = stored.subarray(chunk!.frame.offset, chunk!.frame.offset + chunk!.frame.length);
    expect(openFrame(sealed, chunk!.frame, frameContext(first!)).includes('dear bob')).toBe(true);
    await eraseSubject(repo, 'acme', 'files', [Buffer.from('ada/letter')], { run: 'e1' });
    const keys: Buffer[] = [];
    for (const snapshot of await listSnapshots(repo)) {
      for (const ref of (await readRoot(repo, snapshot)).parts) {
        for (const entry of await readPart(repo, snapshot, ref)) {
          if ('erased' in entry) continue;
          for (const { frame } of entry.chunks) keys.push(frame.key);
        }
      }
    }
    for (const key of keys) expect(() => openFrame(sealed, { ...chunk!.frame, key }, frameContext(first!))).toThrow();
    for (const [name, bytes] of copy) {
      if (parseObjectKey(name)?.kind === 'root') continue;
      expect(bytes.includes('dear bob')).toBe(false);
    }
  });

  test('answers the same again, erases nothing twice, and later backups go on', async () => {
    const { repo, source, expected } = await history();
    const first = await eraseSubject(repo, 'acme', 'files', [Buffer.from('ada/')], { run: 'e1' });
    const again = await eraseSubject(repo, 'acme', 'files', [Buffer.from('ada/')], { run: 'e1' });
    expect(again).toEqual(first);
    expect(await eraseSubject(repo, 'acme', 'files', [Buffer.from('ada/')], { run: 'e2' })).toMatchObject({
      entriesErased: 0,
      snapshots: [],
    });
    for (const key of ['ada/', 'ada/letter', 'ada/photo']) source.remove(key);
    source.opened = [];
    const { snapshot } = await backUp(repo, source.driver);
    expect(source.opened).toEqual([]);
    const all = without(expected, 'ada/').set(snapshot.id, contentsOf(source));
    await assertRestores(repo, all);
    await assertTidy(repo);
  });

  test('of over eighty snapshots goes in rounds', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    source.file('a', 'erase me');
    const expected: Expected = new Map();
    for (let i = 0; i < 95; i++) {
      source.file('changing', `version ${i}`);
      const { snapshot } = await backUp(repo, source.driver);
      expected.set(snapshot.id, contentsOf(source));
    }
    const ledger: number[] = [];
    const done = await eraseSubject(repo, 'acme', 'files', [Buffer.from('a')], {
      run: 'e1',
      ledger: (ids) => {
        ledger.push(ids.length);
        return [];
      },
    });
    expect(done).toMatchObject({ outcome: 'erased', entriesErased: 1, bytes: 8 });
    expect(ledger).toEqual([80, 15]);
    await assertRestores(repo, without(expected, 'a'));
    await assertTidy(repo);
  });

  test('refuses an empty selection', async () => {
    const { repo } = await history();
    await expect(eraseSubject(repo, 'acme', 'files', [], { run: 'e' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(eraseSubject(repo, 'acme', 'files', [Buffer.alloc(0)], { run: 'e' })).rejects.toMatchObject({
      code: 'invalid',
    });
  });

  test('works beside damage: lost survivors stay reported, the chosen goes', async () => {
    const { repo, expected } = await history();
    const pack = [...repo.objects.objects.keys()].find((key) => parseObjectKey(key)?.kind === 'pack')!;
    repo.objects.objects.get(pack)!.fill(0);
    const done = await eraseSubject(repo, 'acme', 'files', [Buffer.from('ada/letter')], { run: 'e1' });
    expect(done).toMatchObject({ outcome: 'erased', entriesErased: 1 });
    const { problems } = await checkRepository(repo, { readData: 'all' });
    expect(problems.flatMap(({ affects }) => affects.map(({ key }) => key))).toContain('bob/letter');
    expect(expected.size).toBe(5);
    await expect(restored(repo, (await listSnapshots(repo))[0]!)).rejects.toThrow('damaged');
  });
});
