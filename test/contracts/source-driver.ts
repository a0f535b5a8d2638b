import { describe, expect, it } from 'vitest';
import type {
  LiveOptions,
  LiveResult,
  OverwritePass,
  ScanNotice,
  Selection,
  SourceDriver,
  SourceEntry,
} from '../../src/ports/source-driver.ts';

/** A source that a test may change behind the driver's back. Keys are text here. */
export interface SourceFixture {
  driver: SourceDriver;
  /** Creates or replaces an object. */
  write(key: string, content: Buffer): Promise<void>;
  /** Its content, undefined when there is no such object. */
  content(key: string): Promise<Buffer | undefined>;
  /** Takes the whole source away. */
  destroy(): Promise<void>;
}

/** Everything that a scan tells. */
export async function scanAll(
  driver: SourceDriver,
  after?: Buffer,
): Promise<{ entries: SourceEntry[]; notices: ScanNotice[] }> {
  const all: { entries: SourceEntry[]; notices: ScanNotice[] } = { entries: [], notices: [] };
  for await (const batch of driver.scan(after === undefined ? {} : { after })) {
    all.entries.push(...batch.entries);
    all.notices.push(...batch.notices);
  }
  return all;
}

/** The whole content of an entry, and what closing it told. */
export async function readAll(driver: SourceDriver, entry: SourceEntry) {
  const file = await driver.open(entry);
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const buffer = Buffer.alloc(100_000);
    const got = await file.read(buffer, at);
    if (got === 0) break;
    pieces.push(buffer.subarray(0, got));
    at += got;
  }
  return { content: Buffer.concat(pieces), ...(await file.close()) };
}

export async function survivors(driver: SourceDriver, selection: Selection): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, reason } of driver.survivors(selection)) {
    expect(reason).not.toBe('');
    keys.push(key.toString());
  }
  return keys;
}

export async function remove(driver: SourceDriver, selection: Selection): Promise<LiveResult[]> {
  const results: LiveResult[] = [];
  await driver.delete(selection, (result) => results.push(result));
  return results;
}

export async function overwrite(
  driver: SourceDriver,
  selection: Selection,
  pass: OverwritePass,
): Promise<LiveResult[]> {
  const results: LiveResult[] = [];
  await driver.overwrite(selection, pass, (result) => results.push(result));
  return results;
}

/** What an operation reports in each of its legs, when it is told to stop as often as it asks. */
async function inLegs(
  run: (report: (result: LiveResult) => void, options: LiveOptions) => Promise<void>,
): Promise<LiveResult[][]> {
  const legs: LiveResult[][] = [];
  let after: Buffer | undefined;
  for (let asked = true; asked; ) {
    asked = false;
    const leg: LiveResult[] = [];
    const goOn = (): boolean => {
      asked = true;
      return false;
    };
    await run((result) => leg.push(result), { goOn, ...(after === undefined ? {} : { after }) });
    for (const { key } of leg) if (after === undefined || Buffer.compare(key, after) > 0) after = key;
    if (leg.length > 0) legs.push(leg);
    else if (asked) throw new Error('a leg was stopped before it had done anything');
  }
  return legs;
}

export const select = (...keys: string[]): Selection => ({ keys: keys.map((key) => Buffer.from(key)) });
export const keysOf = (found: readonly { key: Buffer }[]): string[] => found.map(({ key }) => key.toString());

/** Names around `/` (0x2f) in byte order, which is where sorting by name and by key part. */
const files = ['a', 'a-b', 'a.b', 'b/1', 'b/c/2', 'b0', 'é', 'z/y'].sort((x, y) =>
  Buffer.compare(Buffer.from(x), Buffer.from(y)),
);
/** Keys that lead out of a folder, or name nothing in one. */
const oddKeys = ['../x', '/etc/passwd', 'a//b', 'b/../a', './a', 'a\0b'];
const isObject = (entry: SourceEntry): boolean => entry.type === 'file';

/**
 * What every `SourceDriver` must do.
 *
 * @param open gives an empty source each time
 * @param options `overwrites`: objects can be overwritten in place; `paths`: keys are paths, so `..` and empty segments cannot name
 *   anything; `skip`: titles of cases that what stands behind an adapter cannot pass, each with the reason
 */
export function describeSourceDriver(
  name: string,
  open: () => Promise<SourceFixture>,
  {
    overwrites = true,
    paths = true,
    skip = {},
  }: { overwrites?: boolean; paths?: boolean; skip?: Record<string, string> } = {},
): void {
  const test = (title: string, run: () => Promise<void>) => {
    const reason = skip[title];
    if (reason === undefined) it(title, run);
    else it.skip(`${title} (${reason})`, run);
  };
  const filled = async (): Promise<SourceFixture> => {
    const source = await open();
    for (const key of files) await source.write(key, Buffer.from(`content of ${key}`));
    return source;
  };

  describe(`${name} keeps the contract of SourceDriver`, () => {
    test('lists nothing but its own folder when it is empty', async () => {
      const { entries, notices } = await scanAll((await open()).driver);
      expect(entries.filter((entry) => entry.key.length > 0)).toEqual([]);
      expect(notices).toEqual([]);
    });

    test('lists every object once, in byte order of the keys, the same each time', async () => {
      const { driver } = await filled();
      const { entries } = await scanAll(driver);
      expect(keysOf(entries.filter(isObject))).toEqual(files);
      const keys = entries.map((entry) => entry.key);
      expect(keys).toEqual([...keys].sort(Buffer.compare));
      expect((await scanAll(driver)).entries).toEqual(entries);
    });

    test('goes on after any key as if it had never stopped', async () => {
      const { driver } = await filled();
      const { entries } = await scanAll(driver);
      const points = [
        ...entries.map((entry) => entry.key),
        Buffer.from('b/c'),
        Buffer.from('b/zzz'),
        Buffer.from([0xff]),
      ];
      for (const after of points) {
        const rest = entries.filter((entry) => Buffer.compare(entry.key, after) > 0);
        expect(keysOf((await scanAll(driver, after)).entries)).toEqual(keysOf(rest));
      }
    });

    test('reads back what is there, and says that it stayed the same', async () => {
      const { driver, write } = await filled();
      await write('large', Buffer.alloc(250_000, 'large'));
      for (const entry of (await scanAll(driver)).entries.filter(isObject)) {
        const expected = entry.key.toString() === 'large' ? Buffer.alloc(250_000, 'large') : `content of ${entry.key}`;
        const read = await readAll(driver, entry);
        expect(read.content.equals(Buffer.from(expected))).toBe(true);
        expect(entry.size).toBe(read.content.length);
        expect(read.unchanged).toBe(true);
        expect(read.racy).toBe(true);
      }
    });

    test('refuses to open what is gone', async () => {
      const { driver } = await filled();
      const entry = (await scanAll(driver)).entries.find(isObject);
      await remove(driver, { all: true });
      await expect(driver.open(entry as SourceEntry)).rejects.toMatchObject({ name: 'NotFoundError' });
    });

    test('says at scan that the whole source is gone', async () => {
      const { driver, destroy } = await filled();
      await destroy();
      await expect(scanAll(driver)).rejects.toMatchObject({ name: 'NotFoundError' });
      expect(await survivors(driver, { all: true })).toEqual([]);
      expect((await remove(driver, { all: true })).map(({ result }) => result)).toEqual(['absent']);
    });

    it.each(overwrites ? (['zeros', 'ones', 'random'] as const) : [])(
      'overwrites what is selected with %s and nothing else',
      async (pattern) => {
        const { driver, content } = await filled();
        const results = await overwrite(driver, select('a', 'b/'), { pattern, verify: true });
        expect(keysOf(results)).toEqual(['a', 'b/1', 'b/c/2']);
        for (const key of files) {
          const now = await content(key);
          const before = Buffer.from(`content of ${key}`);
          expect(now?.length).toBe(before.length);
          expect(now?.equals(before)).toBe(!['a', 'b/1', 'b/c/2'].includes(key));
          if (!['a', 'b/1', 'b/c/2'].includes(key)) continue;
          if (pattern === 'zeros') expect(now?.every((byte) => byte === 0)).toBe(true);
          if (pattern === 'ones') expect(now?.every((byte) => byte === 0xff)).toBe(true);
        }
        for (const { result, verification, bytes } of results) {
          expect(result).toBe('overwritten');
          expect(['verified', 'attempted-not-verifiable']).toContain(verification);
          expect(bytes).toBeGreaterThan(0);
        }
      },
    );

    test('deletes what is selected and nothing else, and again without harm', async () => {
      const { driver, content } = await filled();
      const selection = select('b/', 'a', 'never-there');
      const first = await remove(driver, selection);
      expect(keysOf(first.filter(({ result }) => result === 'absent'))).toEqual(['never-there']);
      expect(keysOf(first.filter(({ result }) => result === 'deleted')).filter((key) => !key.endsWith('/'))).toEqual([
        'a',
        'b/1',
        'b/c/2',
      ]);
      expect(await survivors(driver, selection)).toEqual([]);
      expect((await remove(driver, selection)).every(({ result }) => result === 'absent')).toBe(true);
      for (const key of ['a-b', 'a.b', 'b0', 'é', 'z/y'])
        expect(await content(key)).toEqual(Buffer.from(`content of ${key}`));
    });

    test('names what of a selection is still there', async () => {
      const { driver } = await filled();
      expect(await survivors(driver, select('a', 'b/c/', 'nothing'))).toEqual(expect.arrayContaining(['a', 'b/c/2']));
      const all = await survivors(driver, { all: true });
      expect(files.every((key) => all.includes(key))).toBe(true);
    });

    test('names survivors after a key as if it had never stopped', async () => {
      const { driver } = await filled();
      const all = await survivors(driver, { all: true });
      for (const [at, key] of all.entries()) {
        const rest: string[] = [];
        for await (const found of driver.survivors({ all: true }, { after: Buffer.from(key) }))
          rest.push(found.key.toString());
        expect(rest).toEqual(all.slice(at + 1));
      }
    });

    test('deletes in legs: each gets something done, nothing is told twice, and what is outside stays', async () => {
      for (const selection of [{ all: true } as const, select('a', 'b/', 'never-there', 'z/y')]) {
        const whole = await remove((await filled()).driver, selection);
        const { driver, content } = await filled();
        const legs = await inLegs(async (report, options) => await driver.delete(selection, report, options));
        expect(legs.every((leg) => leg.length > 0)).toBe(true);
        expect(keysOf(legs.flat()).sort()).toEqual(keysOf(whole).sort());
        expect(await survivors(driver, selection)).toEqual([]);
        if ('keys' in selection) expect(await content('b0')).toEqual(Buffer.from('content of b0'));
      }
    });

    it.runIf(overwrites)('overwrites in legs what it can overwrite', async () => {
      const { driver, content } = await filled();
      if (!driver.capabilities.overwrite) return;
      const pass: OverwritePass = { pattern: 'zeros', verify: true };
      const legs = await inLegs(
        async (report, options) => await driver.overwrite(select('a', 'b/'), pass, report, options),
      );
      expect(legs.map(keysOf)).toEqual([['a'], ['b/1'], ['b/c/2']]);
      for (const key of ['a', 'b/1', 'b/c/2']) expect((await content(key))?.every((byte) => byte === 0)).toBe(true);
      expect(await content('b0')).toEqual(Buffer.from('content of b0'));
    });

    test('deletes everything', async () => {
      const { driver } = await filled();
      const results = await remove(driver, { all: true });
      expect(results.filter(({ result }) => result !== 'deleted')).toEqual([]);
      expect(await survivors(driver, { all: true })).toEqual([]);
    });

    it.each(paths ? oddKeys : [])('refuses the key %j', async (key) => {
      const { driver, content } = await filled();
      await expect(remove(driver, select(key))).rejects.toMatchObject({ name: 'InvalidError' });
      await expect(overwrite(driver, select('a', key), { pattern: 'zeros', verify: false })).rejects.toMatchObject({
        name: 'InvalidError',
      });
      expect(await content('a')).toEqual(Buffer.from('content of a'));
    });

    it.each(paths ? [] : oddKeys)('takes the key %j for a name and nothing else', async (key) => {
      const { driver, content } = await filled();
      expect(await remove(driver, select(key))).toMatchObject([{ result: 'absent' }]);
      for (const file of files) expect(await content(file)).toEqual(Buffer.from(`content of ${file}`));
    });

    it.skipIf(overwrites)('says that it overwrites nothing', async () => {
      const { driver, content } = await filled();
      expect(driver.capabilities.overwrite).toBe(false);
      const pass = { pattern: 'zeros', verify: false } as const;
      await expect(overwrite(driver, select('a'), pass)).rejects.toMatchObject({ name: 'InvalidError' });
      expect(await content('a')).toEqual(Buffer.from('content of a'));
    });

    test('describes itself', async () => {
      expect(Object.keys(await (await filled()).driver.describe()).length).toBeGreaterThan(0);
    });
  });
}
