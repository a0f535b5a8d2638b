import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  awsBackupBill,
  type Bill,
  type Measured,
  type Prices,
  tenureBill,
  total,
  type Workload,
} from './cost/model.ts';

const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, 'cost', name), 'utf8')) as unknown;

const { values } = parseArgs({
  options: {
    region: { type: 'string', default: 'us-east-1' },
    tenants: { type: 'string', default: '1' },
    objects: { type: 'string', default: '1000000' },
    gb: { type: 'string', default: '1024' },
    'daily-change': { type: 'string', default: '0.01' },
    'retention-days': { type: 'string', default: '90' },
    class: { type: 'string', default: 'STANDARD' },
    'packed-share': { type: 'string', default: '1' },
    'points-tested': { type: 'string', default: '2' },
    'test-every-days': { type: 'string', default: '7' },
  },
});

const number = (name: keyof typeof values): number => {
  const value = Number(values[name]);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} is no number: ${values[name]}`);
  return value;
};

const work: Workload = {
  tenants: number('tenants'),
  objects: number('objects'),
  bytes: number('gb') * 2 ** 30,
  dailyChange: number('daily-change'),
  retentionDays: number('retention-days'),
  storageClass: values.class,
  packedShare: number('packed-share'),
  pointsTested: number('points-tested'),
  testEveryDays: number('test-every-days'),
  coverageDays: 30,
};

const { collectedAt, regions } = read('prices.json') as { collectedAt: string; regions: Record<string, Prices> };
const prices = regions[values.region];
if (prices === undefined)
  throw new Error(`no prices for ${values.region}; there are ${Object.keys(regions).join(', ')}`);
const measured = read('measured.json') as Measured & { measuredAt: string };

const ours = tenureBill(work, prices, measured);
const theirs = awsBackupBill(work, prices);
print(
  `Tenure, ${values.region}, ${values.class}, prices of ${collectedAt}, requests as measured on ${measured.measuredAt}`,
  ours,
);
print('AWS Backup for S3, the same points restored as often', theirs);
console.log(`Tenure / AWS Backup: ${(total(ours) / total(theirs)).toFixed(2)}`);

function print(title: string, bill: Bill): void {
  console.log(title);
  for (const [what, dollars] of Object.entries(bill)) console.log(`  ${dollars.toFixed(2).padStart(12)}  ${what}`);
  console.log(`  ${total(bill).toFixed(2).padStart(12)}  a month\n`);
}
