import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Case } from '../src/domain/case.ts';
import type { KeyRange, Table } from '../src/ports/table.ts';
import { caseKey, cases, type Stored } from '../src/records.ts';
import { memoryTable } from './memory-ports.ts';

const caseOf = (n: number, status: string) =>
  ({ id: `c-${n}`, tenant: 'acme', openedAt: `2026-03-${String(1 + (n % 28)).padStart(2, '0')}`, status }) as Case;

const ids = (found: Stored<Case>[]) => found.map(({ value }) => value.id);

const keys = fc.integer({ min: 0, max: 40 }).map((n) => caseKey(caseOf(n, 'opened')));
const ranges: fc.Arbitrary<KeyRange> = fc.record(
  {
    prefix: fc.constantFrom('2026-03-0', '2026-03-1', '2026-04'),
    from: keys,
    to: keys,
    after: keys,
    reverse: fc.boolean(),
    limit: fc.integer({ min: 1, max: 9 }),
  },
  { requiredKeys: [] },
);
const statuses = fc.array(fc.constantFrom('opened', 'due', 'certified', 'closed', 'cancelled'), { maxLength: 40 });

it('cases are listed in any range as if open ones and those that are over lay together', async () => {
  await fc.assert(
    fc.asyncProperty(statuses, ranges, async (given, range) => {
      const table = memoryTable();
      const known = given.map((status, n) => caseOf(n, status));
      for (const value of known) {
        await table.transact([cases.write({ ...value, status: 'opened' } as Case)]);
        await table.transact([cases.write(value)]);
        await table.transact([{ put: { pk: 'together', sk: caseKey(value), data: { value: value.id } } }]);
      }
      expect(ids(await cases.all(table, range))).toEqual(
        (await table.query('together', range)).map(({ data }) => data.value),
      );
      const open = known.filter(({ status }) => status !== 'closed' && status !== 'cancelled');
      expect(ids(await cases.open(table)).sort()).toEqual(open.map(({ id }) => id).sort());
    }),
  );
});

it('a case that an index names among the open and among those that are over is listed once, as it is now', async () => {
  const table = memoryTable();
  await table.transact([cases.write(caseOf(1, 'certified'))]);
  const before = await table.queryIndex(1, 'CASES');
  await table.transact([cases.write(caseOf(1, 'closed')), cases.write(caseOf(2, 'due'))]);
  const behind: Table = {
    ...table,
    queryIndex: async (index, pk, range) => [
      ...(pk === 'CASES' ? before : []),
      ...(await table.queryIndex(index, pk, range)),
    ],
  };
  expect((await cases.all(behind)).map(({ value }) => value.status)).toEqual(['closed', 'due']);
});
