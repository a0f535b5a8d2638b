import { describe, expect, it } from 'vitest';
import type { Row, Table, Write } from '../../src/ports/table.ts';

const put = (pk: string, sk: string, data: Row['data'] = {}, more: Partial<Row> = {}): Write => ({
  put: { pk, sk, data, ...(more.index1 && { index1: more.index1 }), ...(more.index2 && { index2: more.index2 }) },
});
const sks = (rows: Row[]): string[] => rows.map((row) => row.sk);

/**
 * What every `Table` must do. `open` gives an empty table each time.
 *
 * @param options.skip titles of cases that what stands behind an adapter cannot pass, each with the reason
 */
export function describeTable(
  name: string,
  open: () => Promise<Table>,
  { skip = {} }: { skip?: Record<string, string> } = {},
): void {
  const test = (title: string, run: () => Promise<void>) => {
    const reason = skip[title];
    if (reason === undefined) it(title, run);
    else it.skip(`${title} (${reason})`, run);
  };

  describe(`${name} keeps the contract of Table`, () => {
    test('answers absence as the port says', async () => {
      const table = await open();
      expect(await table.get({ pk: 'p', sk: 's' })).toBeUndefined();
      expect(await table.query('p')).toEqual([]);
      expect(await table.queryIndex(1, 'p')).toEqual([]);
      await table.transact([{ delete: { pk: 'p', sk: 's' } }]);
      await table.transact([]);
    });

    test('gives back every kind of JSON exactly', async () => {
      const table = await open();
      const data = {
        text: 'ñ → 😀 "quoted" \\ \u0000 \u2028',
        empty: '',
        number: 1.5,
        big: Number.MAX_SAFE_INTEGER,
        no: false,
        nothing: null,
        list: [1, [2, { three: 3 }], []],
        nested: { __proto: 1, a: { b: {} } },
      };
      await table.transact([put('p', 's', data)]);
      expect(await table.get({ pk: 'p', sk: 's' })).toEqual({ pk: 'p', sk: 's', version: 1, data });
    });

    test('keeps its own copy of what was put', async () => {
      const table = await open();
      const data = { list: [1] };
      await table.transact([put('p', 's', data)]);
      data.list.push(2);
      (await table.get({ pk: 'p', sk: 's' }))!.data.list = 'changed';
      (await table.query('p'))[0]!.data.list = 'changed';
      expect((await table.get({ pk: 'p', sk: 's' }))?.data).toEqual({ list: [1] });
    });

    test('counts versions from 1 with every write, anew after a deletion', async () => {
      const table = await open();
      for (const version of [1, 2, 3]) {
        await table.transact([put('p', 's', { version })]);
        expect(await table.get({ pk: 'p', sk: 's' })).toMatchObject({ version, data: { version } });
      }
      await table.transact([{ delete: { pk: 'p', sk: 's' } }]);
      await table.transact([put('p', 's')]);
      expect((await table.get({ pk: 'p', sk: 's' }))?.version).toBe(1);
    });

    it.each<[string, Write, boolean]>([
      ['put when absent, absent', { ...put('p', 'none'), when: 'absent' } as Write, true],
      ['put when absent, present', { ...put('p', 'two'), when: 'absent' } as Write, false],
      ['put at version, right', { ...put('p', 'two'), when: 2 } as Write, true],
      ['put at version, old', { ...put('p', 'two'), when: 1 } as Write, false],
      ['put at version, absent', { ...put('p', 'none'), when: 1 } as Write, false],
      ['delete at version, right', { delete: { pk: 'p', sk: 'two' }, when: 2 }, true],
      ['delete at version, old', { delete: { pk: 'p', sk: 'two' }, when: 1 }, false],
      ['delete at version, absent', { delete: { pk: 'p', sk: 'none' }, when: 1 }, false],
      ['check absent, absent', { check: { pk: 'p', sk: 'none' }, when: 'absent' }, true],
      ['check absent, present', { check: { pk: 'p', sk: 'two' }, when: 'absent' }, false],
      ['check version, right', { check: { pk: 'p', sk: 'two' }, when: 2 }, true],
      ['check version, old', { check: { pk: 'p', sk: 'two' }, when: 1 }, false],
      ['check version, absent', { check: { pk: 'p', sk: 'none' }, when: 1 }, false],
    ])('decides conditions: %s', async (_case, write, allowed) => {
      const table = await open();
      await table.transact([put('p', 'two')]);
      await table.transact([put('p', 'two')]);
      const outcome = await table.transact([put('q', 'beside'), write]).catch((error) => error);
      if (allowed) expect(outcome).toBeUndefined();
      else expect(outcome).toMatchObject({ name: 'ConflictError', details: { failed: [1] } });
      expect((await table.get({ pk: 'q', sk: 'beside' })) !== undefined).toBe(allowed);
    });

    test('does all of a transaction or none, and names every condition that failed', async () => {
      const table = await open();
      await table.transact([put('p', 'a', { was: 'here' }), put('p', 'b')]);
      const writes: Write[] = [
        put('p', 'a', { was: 'changed' }),
        { ...put('p', 'b'), when: 'absent' } as Write,
        { check: { pk: 'p', sk: 'c' }, when: 7 },
      ];
      await expect(table.transact(writes)).rejects.toMatchObject({ details: { failed: [1, 2] } });
      expect(await table.get({ pk: 'p', sk: 'a' })).toMatchObject({ version: 1, data: { was: 'here' } });
      expect(sks(await table.query('p'))).toEqual(['a', 'b']);
    });

    test('lets exactly one of many writers at the same version win', async () => {
      const table = await open();
      await table.transact([put('p', 's')]);
      const writers = Array.from({ length: 10 }, (_, by) =>
        table.transact([{ put: { pk: 'p', sk: 's', data: { by } }, when: 1 }]),
      );
      const results = await Promise.allSettled(writers);
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      expect((await table.get({ pk: 'p', sk: 's' }))?.version).toBe(2);
    });

    test('orders a partition by the bytes of sort keys', async () => {
      const table = await open();
      // By UTF-16 units the last two would be the other way round.
      const ordered = ['!', 'A', 'Z', 'a', 'a!', 'a/', 'a0', 'aa', 'é', '\uff5e', '😀'];
      await table.transact([...ordered].reverse().map((sk) => put('p', sk)));
      await table.transact([put('other', 'a'), put('p2', 'a')]);
      expect(sks(await table.query('p'))).toEqual(ordered);
      expect(sks(await table.query('p', { reverse: true }))).toEqual([...ordered].reverse());
      expect(sks(await table.query('p', { prefix: 'a' }))).toEqual(['a', 'a!', 'a/', 'a0', 'aa']);
      expect(sks(await table.query('p', { prefix: '😀' }))).toEqual(['😀']);
      expect(sks(await table.query('p', { prefix: '\uff5e' }))).toEqual(['\uff5e']);
    });

    test('cuts ranges as the port says', async () => {
      const table = await open();
      await table.transact(['a1', 'a2', 'a3', 'b1', 'b2'].map((sk) => put('p', sk)));
      expect(sks(await table.query('p', { from: 'a2', to: 'b1' }))).toEqual(['a2', 'a3']);
      expect(sks(await table.query('p', { after: 'a2' }))).toEqual(['a3', 'b1', 'b2']);
      expect(sks(await table.query('p', { prefix: 'a', after: 'a1', limit: 1 }))).toEqual(['a2']);
      expect(sks(await table.query('p', { prefix: 'a', reverse: true, limit: 2 }))).toEqual(['a3', 'a2']);
      expect(sks(await table.query('p', { to: 'a3', reverse: true, limit: 1 }))).toEqual(['a2']);
      expect(sks(await table.query('p', { after: 'a2', reverse: true }))).toEqual(['b2', 'b1', 'a3']);
      expect(await table.query('p', { from: 'b', to: 'a' })).toEqual([]);
      await expect(table.query('p', { limit: 0 })).rejects.toMatchObject({ name: 'InvalidError' });
    });

    test('answers by both indexes, ordered by index sort key and then by primary key', async () => {
      const table = await open();
      await table.transact([
        put('p2', 'a', {}, { index1: { pk: 'due', sk: '2026' } }),
        put('p1', 'b', {}, { index1: { pk: 'due', sk: '2026' }, index2: { pk: 'who', sk: 'x' } }),
        put('p1', 'a', {}, { index1: { pk: 'due', sk: '2027' } }),
        put('p3', 'a', {}, { index1: { pk: 'other', sk: '2020' } }),
        put('p4', 'a', {}),
      ]);
      const due = await table.queryIndex(1, 'due');
      expect(due.map(({ pk, sk }) => pk + sk)).toEqual(['p1b', 'p2a', 'p1a']);
      expect(due[0]).toMatchObject({ index1: { pk: 'due', sk: '2026' }, index2: { pk: 'who', sk: 'x' } });
      expect((await table.queryIndex(1, 'due', { to: '2027' })).map(({ pk }) => pk)).toEqual(['p1', 'p2']);
      expect((await table.queryIndex(1, 'due', { reverse: true, limit: 1 })).map(({ sk }) => sk)).toEqual(['a']);
      expect(sks(await table.queryIndex(2, 'who', { prefix: 'x' }))).toEqual(['b']);
      expect(await table.queryIndex(2, 'due')).toEqual([]);
    });

    test('moves a row in the indexes with every write', async () => {
      const table = await open();
      await table.transact([put('p', 's', {}, { index1: { pk: 'open', sk: '1' } })]);
      await table.transact([put('p', 's', {}, { index2: { pk: 'open', sk: '1' } })]);
      expect(await table.queryIndex(1, 'open')).toEqual([]);
      expect(await table.queryIndex(2, 'open')).toHaveLength(1);
      await table.transact([{ delete: { pk: 'p', sk: 's' } }]);
      expect(await table.queryIndex(2, 'open')).toEqual([]);
    });

    test('answers a whole large partition without a limit', async () => {
      const table = await open();
      for (let page = 0; page < 25; page++) {
        const keys = Array.from({ length: 100 }, (_, i) => String(page * 100 + i).padStart(6, '0'));
        await table.transact(keys.map((sk) => put('p', sk, { filler: 'x'.repeat(500) })));
      }
      expect(await table.query('p')).toHaveLength(2500);
    });

    it.each<[string, Write[]]>([
      ['over 100 writes', Array.from({ length: 101 }, (_, i) => put('p', String(i)))],
      ['one key twice', [put('p', 's'), { delete: { pk: 'p', sk: 's' } }]],
      ['a key written and checked', [put('p', 's'), { check: { pk: 'p', sk: 's' }, when: 'absent' }]],
      ['an empty sort key', [put('p', '')]],
      ['an empty partition key', [put('', 's')]],
      ['a key that is no Unicode', [put('p', '\ud800')]],
      ['a row over 256 KiB', [put('p', 's', { text: 'x'.repeat(256 * 1024) })]],
    ])('refuses %s', async (_case, writes) => {
      const table = await open();
      await expect(table.transact(writes)).rejects.toMatchObject({ name: 'InvalidError' });
      expect(await table.query('p')).toEqual([]);
    });

    test('takes a row of nearly 256 KiB and a hundred writes', async () => {
      const table = await open();
      await table.transact([put('p', 'large', { text: 'x'.repeat(255 * 1024) })]);
      await table.transact(Array.from({ length: 100 }, (_, i) => put('q', String(i))));
      expect(await table.query('q')).toHaveLength(100);
    });
  });
}
