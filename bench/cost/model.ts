/** A month has as many days as a twelfth of a year. */
const daysInMonth = 365.25 / 12;
const gb = 2 ** 30;
const million = 1e6;

/** What one run of a workflow asks for, as it was measured; see measured.json. */
export interface Phase {
  /** Requests by operation: `S3.GetObject`. */
  requests: Record<string, number>;
  /** Begun KB that were written to DynamoDB, and begun 4 KB that were read. */
  writtenKb: number;
  read4Kb: number;
  invocations: number;
  transitions: number;
  /** Memory of the function times how long it ran, summed up. */
  gbSeconds: number;
}

/** Runs over a source of so many objects and bytes. */
export interface Measured {
  objects: number;
  bytes: number;
  /** Share of the objects that was different in `changed`. */
  changedShare: number;
  phases: { first: Phase; unchanged: Phase; changed: Phase; restoreTest: Phase };
  /** Runs over one large object: what bytes cost beside the objects that they lie in. */
  large: { bytes: number; phases: { first: Phase; restoreTest: Phase } };
}

/** One region of prices.json. */
export interface Prices {
  s3: { classes: Record<string, { gbMonth: number; put1000: number; get1000: number; retrievalGb: number }> };
  lambda: { gbSecond: number; million: number };
  stepFunctions: { transitions1000: number };
  dynamodb: { writeMillion: number; readMillion: number; gbMonth: number; pitrGbMonth: number };
  kms: { keyMonth: number; requests10000: number };
  ses: { mails1000: number };
  scheduler: { million: number };
  logs: { ingestedGb: number; alarmMonth: number };
  awsBackup: { warmGbMonth: number; restoreGb: number; testedPoint: number; leastObjectBytes: number };
}

/** What is protected. */
export interface Workload {
  tenants: number;
  /** Of all tenants together. */
  objects: number;
  bytes: number;
  /** Share of objects and bytes that is new each day. */
  dailyChange: number;
  retentionDays: number;
  storageClass: string;
  /** Bytes in the repository for each byte that is protected: 1 where nothing can be compressed. */
  packedShare: number;
  /** A restore test restores this many points of every source, so often. */
  pointsTested: number;
  testEveryDays: number;
  /** Every byte of the repository is read once in so many days. */
  coverageDays: number;
}

/** Dollars a month, by what they are paid for. */
export type Bill = Record<string, number>;

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** Dollars of all lines. */
export const total = (bill: Bill): number => sum(Object.values(bill));

/** The bill of Tenure in its steady state: copies of all the days that are kept. */
export function tenureBill(work: Workload, prices: Prices, measured: Measured): Bill {
  const scale = work.objects / measured.objects;
  const { unchanged, changed, restoreTest } = measured.phases;
  // Requests grow with what changed; what is listed and compared grows with all there is.
  const share = work.dailyChange / measured.changedShare;
  const daily = mixed(unchanged, changed, share);
  const tests = (daysInMonth / work.testEveryDays) * work.pointsTested;
  const stored = storedBytes(work);
  const packReads = (stored * work.packedShare * (daysInMonth / work.coverageDays)) / gb;
  const runs: [Phase, number, 'repository' | 'scratch'][] = [
    [daily, daysInMonth * scale, 'repository'],
    [restoreTest, tests * scale, 'scratch'],
    [measured.large.phases.first, (daysInMonth * work.dailyChange * work.bytes) / measured.large.bytes, 'repository'],
    [measured.large.phases.restoreTest, (tests * work.bytes) / measured.large.bytes, 'scratch'],
  ];
  const s3 = prices.s3.classes[work.storageClass];
  if (s3 === undefined) throw new Error(`no prices for the storage class ${work.storageClass}`);
  const bill: Bill = {
    'S3 storage of the repository': ((stored * work.packedShare) / gb) * s3.gbMonth,
    // What a restore test writes lies there until the scratch bucket's lifecycle removes it.
    'S3 storage of scratch, a day for each restore':
      ((work.bytes / gb) * (prices.s3.classes.STANDARD?.gbMonth ?? 0) * tests) / daysInMonth,
    'S3 requests': sum(runs.map(([phase, times, into]) => requestsOf(phase, prices, work.storageClass, into) * times)),
    'S3 retrieval': s3.retrievalGb * (packReads + ((work.bytes * work.packedShare) / gb) * tests),
    Lambda: sum(runs.map(([phase, times]) => lambdaOf(phase, prices) * times)),
    'Step Functions': sum(
      runs.map(([{ transitions }, times]) => (transitions * times * prices.stepFunctions.transitions1000) / 1000),
    ),
    DynamoDB: sum(runs.map(([phase, times]) => dynamoOf(phase, prices) * times)),
    'KMS requests': sum(
      runs.map(([phase, times]) => (countOf(phase, 'KMS') * times * prices.kms.requests10000) / 10_000),
    ),
  };
  return { ...bill, ...standing(work, prices, bill) };
}

/** What every deployment pays, whatever it protects. */
function standing(work: Workload, prices: Prices, bill: Bill): Bill {
  // Two keys; the hourly sweeps of notice and expiry with some ten states each; schedules; a dozen alarms; a mail in 10 tenants.
  const sweeps = 2 * 24 * daysInMonth;
  return {
    'KMS keys': 2 * prices.kms.keyMonth,
    'hourly sweeps':
      (sweeps * 10 * prices.stepFunctions.transitions1000) / 1000 + (sweeps * 5 * prices.lambda.million) / million,
    schedules: (3 * 24 * daysInMonth * prices.scheduler.million) / million,
    alarms: 12 * prices.logs.alarmMonth,
    logs: Math.max(0.1, (bill.Lambda ?? 0) / 50) * prices.logs.ingestedGb,
    mails: ((work.tenants / 10) * prices.ses.mails1000) / 1000,
  };
}

/** The bill of AWS Backup for the same: continuous or daily backups of the bucket, the same points restored as often. */
export function awsBackupBill(work: Workload, prices: Prices): Bill {
  const { awsBackup } = prices;
  const least = Math.max(work.bytes, work.objects * awsBackup.leastObjectBytes);
  const tests = (daysInMonth / work.testEveryDays) * work.pointsTested;
  const standard = prices.s3.classes.STANDARD;
  return {
    'warm storage': ((least * (1 + work.dailyChange * work.retentionDays)) / gb) * awsBackup.warmGbMonth,
    // Of every source: a recovery point is tested by itself.
    'tested points': work.tenants * tests * awsBackup.testedPoint,
    'restored bytes': (work.bytes / gb) * tests * awsBackup.restoreGb,
    'S3 storage of what is restored, a day each': ((work.bytes / gb) * (standard?.gbMonth ?? 0) * tests) / daysInMonth,
    'S3 requests of backups': ((work.objects * work.dailyChange * daysInMonth) / 1000) * (standard?.get1000 ?? 0),
  };
}

/** Bytes that copies of all kept days hold: what there is, and what was replaced since the oldest. */
function storedBytes({ bytes, dailyChange, retentionDays }: Workload): number {
  return bytes * (1 + dailyChange * retentionDays);
}

/** `unchanged` plus `share` times what a change adds. */
function mixed(unchanged: Phase, changed: Phase, share: number): Phase {
  const line = (from: number, to: number) => from + Math.max(0, to - from) * share;
  const names = new Set([...Object.keys(unchanged.requests), ...Object.keys(changed.requests)]);
  return {
    requests: Object.fromEntries(
      [...names].map((name) => [name, line(unchanged.requests[name] ?? 0, changed.requests[name] ?? 0)]),
    ),
    writtenKb: line(unchanged.writtenKb, changed.writtenKb),
    read4Kb: line(unchanged.read4Kb, changed.read4Kb),
    invocations: line(unchanged.invocations, changed.invocations),
    transitions: line(unchanged.transitions, changed.transitions),
    gbSeconds: line(unchanged.gbSeconds, changed.gbSeconds),
  };
}

/** What is put into the repository is paid by its class, into scratch as STANDARD; reads by the dearer of both. Deletions cost nothing. */
function requestsOf({ requests }: Phase, prices: Prices, storageClass: string, into: 'repository' | 'scratch'): number {
  const dear = prices.s3.classes[storageClass] ?? { put1000: 0, get1000: 0 };
  const cheap = prices.s3.classes.STANDARD ?? dear;
  return sum(
    Object.entries(requests).map(([name, count]) => {
      const [service, operation = ''] = name.split('.');
      if (service !== 'S3' || /^(?:Delete|Abort)/.test(operation)) return 0;
      if (/^(?:Get|Head)/.test(operation)) return (count * Math.max(cheap.get1000, dear.get1000)) / 1000;
      const price = into === 'scratch' || /^(?:List|Copy)/.test(operation) ? cheap.put1000 : dear.put1000;
      return (count * price) / 1000;
    }),
  );
}

function lambdaOf({ gbSeconds, invocations }: Phase, { lambda }: Prices): number {
  return gbSeconds * lambda.gbSecond + (invocations * lambda.million) / million;
}

/** Each row is written to the table and to as many as two indexes; a transaction counts twice. Upper bounds. */
function dynamoOf({ writtenKb, read4Kb }: Phase, { dynamodb }: Prices): number {
  return (writtenKb * 4 * dynamodb.writeMillion + read4Kb * dynamodb.readMillion) / million;
}

function countOf({ requests }: Phase, service: string): number {
  return sum(Object.entries(requests).map(([name, count]) => (name.startsWith(`${service}.`) ? count : 0)));
}
