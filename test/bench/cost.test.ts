import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  awsBackupBill,
  type Measured,
  type Phase,
  type Prices,
  tenureBill,
  total,
  type Workload,
} from '../../bench/cost/model.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../bench/cost', name), 'utf8')) as unknown;
const { regions } = read('prices.json') as { regions: Record<string, Prices> };
const prices = regions['us-east-1'] as Prices;

const nothing: Phase = { requests: {}, writtenKb: 0, read4Kb: 0, invocations: 0, transitions: 0, gbSeconds: 0 };
const work: Workload = {
  ...{ tenants: 1, objects: 1_000_000, bytes: 2 ** 40, dailyChange: 0.01, retentionDays: 90 },
  ...{ storageClass: 'STANDARD', packedShare: 1, pointsTested: 2, testEveryDays: 7, coverageDays: 30 },
};
const measuring = (phases: Partial<Measured['phases']>): Measured => ({
  ...{ objects: 1_000_000, bytes: 2 ** 30, changedShare: 0.01 },
  phases: { first: nothing, unchanged: nothing, changed: nothing, restoreTest: nothing, ...phases },
  large: { bytes: 2 ** 30, phases: { first: nothing, restoreTest: nothing } },
});
const line = (bill: Record<string, number>, what: string) => bill[what] ?? expect.fail(`no line ${what}`);

describe('the bill', () => {
  test('keeps what there is and what was replaced in the days that are kept', () => {
    const bill = tenureBill(work, prices, measuring({}));
    expect(line(bill, 'S3 storage of the repository')).toBeCloseTo(1024 * 1.9 * 0.023, 2);
    expect(line(awsBackupBill(work, prices), 'warm storage')).toBeCloseTo(1024 * 1.9 * 0.05, 2);
  });

  test('grows with objects and with what changes, by what was measured', () => {
    const unchanged = { ...nothing, requests: { 'S3.ListObjectsV2': 1000 } };
    const changed = { ...nothing, requests: { 'S3.ListObjectsV2': 1000, 'S3.GetObject': 10_000 } };
    const requests = (change: Partial<Workload>) =>
      line(tenureBill({ ...work, ...change }, prices, measuring({ unchanged, changed })), 'S3 requests');
    const days = 365.25 / 12;
    expect(requests({})).toBeCloseTo(days * (0.005 + 0.004), 6);
    expect(requests({ objects: 2_000_000 })).toBeCloseTo(2 * requests({}), 6);
    expect(requests({ dailyChange: 0.02 })).toBeCloseTo(days * (0.005 + 0.008), 6);
  });

  test('charges nothing for deletions, and tests as often as the plan says', () => {
    const restoreTest = { ...nothing, requests: { 'S3.DeleteObjects': 1000, 'S3.PutObject': 1000 } };
    const requests = (pointsTested: number) =>
      line(tenureBill({ ...work, pointsTested }, prices, measuring({ restoreTest })), 'S3 requests');
    expect(requests(1)).toBeCloseTo((365.25 / 12 / 7) * 0.005, 6);
    expect(requests(2)).toBeCloseTo(2 * requests(1), 6);
  });

  test('grows with bytes, whatever objects they lie in', () => {
    const restoreTest = { ...nothing, gbSeconds: 100 };
    const measured = { ...measuring({}), large: { bytes: 2 ** 30, phases: { first: nothing, restoreTest } } };
    const tests = (2 * 365.25) / 12 / 7;
    expect(line(tenureBill(work, prices, measured), 'Lambda')).toBeCloseTo(tests * 1024 * 100 * 0.0000133334, 4);
  });
});

test('1 TB in a million objects with 1 % change a day costs at most 0.45 of AWS Backup, restore tests included', () => {
  const measured = read('measured.json') as Measured;
  expect(total(tenureBill(work, prices, measured)) / total(awsBackupBill(work, prices))).toBeLessThanOrEqual(0.45);
});
