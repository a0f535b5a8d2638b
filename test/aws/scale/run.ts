import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import type { Phase } from '../../../bench/cost/model.ts';
import type { Machine } from '../../../src/ports/workflows.ts';
import { deploy } from '../deployment.ts';
import { makeVenv } from '../emulators/venv.ts';
import { maxPayloadBytes } from '../handler-bridge.ts';
import { holdingsOf } from '../holdings.ts';
import { measured, type RunMeasured } from './phase.ts';
import { seedBucket, seedLarge, seedObjects } from './seed.ts';
import { watchWorkers } from './workers.ts';

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '100000' },
    'large-mib': { type: 'string', default: '3072' },
    /** Timeout of the functions that copy, in seconds: short, so that shards have to be resumed by cursor. */
    timeout: { type: 'string', default: '60' },
    /** Writes the figures to bench/cost/measured.json. */
    write: { type: 'boolean', default: false },
  },
});
const objects = Number(values.objects);
const largeBytes = Number(values['large-mib']) * 2 ** 20;
const changedShare = 0.01;

const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`);
const problems: string[] = [];

makeVenv(say);
const deployment = await deploy({
  stage: 'scale',
  params: {
    plans: 'test/aws/plans',
    simulatedSince: '2026-03-01T00:00:00.000Z',
    sourceBuckets: 'arn:aws:s3:::scale-*',
  },
});
const workers = watchWorkers(deployment.ministack.pid);
try {
  say(`deployed in ${Math.round(deployment.deployedInMs / 1000)} s`);
  await shorten(['BackUpShard', 'RestoreIntoScratch', 'CompareRestored'], Number(values.timeout));
  await deployment.tenure('init', '--aws', deployment.stage, '--region', deployment.region);

  const runs: Record<string, RunMeasured> = {};
  if (objects > 0) await manyObjects(runs);
  if (largeBytes > 0) await largeObject(runs);
  for (const [name, run] of Object.entries(runs)) {
    if (run.largestPayload > maxPayloadBytes) problems.push(`${name}: a payload of ${run.largestPayload} bytes`);
    if (run.longestHistory > 25_000) problems.push(`${name}: a history of ${run.longestHistory} events`);
  }
  for (const [name, { peakMiB, limitMiB }] of workers.peaks()) {
    if (peakMiB > limitMiB) problems.push(`${name} used ${Math.round(peakMiB)} MiB of ${limitMiB}`);
  }
  report(runs);
} finally {
  workers.stop();
  await deployment.stop();
}
for (const problem of problems) console.error(`PROBLEM: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function manyObjects(runs: Record<string, RunMeasured>): Promise<void> {
  const many = 'scale-many';
  const { s3 } = await holdingsOf(deployment);
  await seedBucket(s3, many);
  await seedObjects(s3, many, 0, objects);
  say(`${objects} objects seeded`);
  await protect('many', many, '2026-03-01T10:00:00.000Z');
  runs.first = await phase('first copy', { kind: 'backup', cadence: 'daily' }, '2026-03-02T02:00:00.000Z');
  runs.restoreTest = await phase('restore test', { kind: 'restore-test' }, '2026-03-02T09:20:00.000Z');
  runs.unchanged = await phase('nothing changed', { kind: 'backup', cadence: 'daily' }, '2026-03-03T02:00:00.000Z');
  // Spread over the whole source: every hundredth object.
  for (let n = 0; n < objects; n += 1 / changedShare) await seedObjects(s3, many, n, n + 1);
  runs.changed = await phase('1 % changed', { kind: 'backup', cadence: 'daily' }, '2026-03-04T02:00:00.000Z');
  const { first, restoreTest, unchanged, changed } = runs;
  write({ objects, bytes: objects * 1024, changedShare, phases: phasesOf({ first, restoreTest, unchanged, changed }) });
  await deployment.tenure('tenant', 'pause', 'many');
}

async function largeObject(runs: Record<string, RunMeasured>): Promise<void> {
  const large = 'scale-large';
  const { s3 } = await holdingsOf(deployment);
  await seedBucket(s3, large);
  const digest = await seedLarge(s3, large, 'large.bin', largeBytes);
  say(`an object of ${largeBytes} bytes seeded`);
  await protect('large', large, '2026-03-04T10:00:00.000Z');
  runs.largeCopy = await phase(
    'copy of the large object',
    { kind: 'backup', cadence: 'daily' },
    '2026-03-05T02:00:00.000Z',
  );
  runs.largeTest = await phase(
    'restore test of the large object',
    { kind: 'restore-test' },
    '2026-03-05T09:20:00.000Z',
  );
  const legs = runs.largeCopy.functions.BackUpShard ?? 0;
  if (legs < 2) problems.push('the shard of the large object was not resumed');
  say(`the shard of the large object was copied in ${legs} legs`);
  const { largeCopy, largeTest } = runs;
  write({ large: { bytes: largeBytes, phases: phasesOf({ first: largeCopy, restoreTest: largeTest }) } });
  await restored(digest);
}

async function phase(
  what: string,
  event: { kind: string; cadence?: string },
  scheduledAt: string,
): Promise<RunMeasured> {
  await deployment.tenure('--now', scheduledAt, 'resume');
  const machine = event.kind as Machine;
  const run = await measured(
    { deployment, holdings: await holdingsOf(deployment) },
    { ...event, scheduledAt },
    machine,
  );
  say(
    `${what}: ${run.seconds.toFixed(0)} s, ${run.invocations} invocations, largest payload ${run.largestPayload} bytes`,
  );
  return run;
}

async function protect(id: string, bucket: string, now: string): Promise<void> {
  await deployment.tenure('--now', now, 'resume');
  await deployment.tenure('tenant', 'add', id, '--name', id, '--email', `a@${id}.example`, '--plan', 'reported');
  await deployment.tenure('source', 'add', id, 'bucket', '--s3', `s3://${bucket}/`);
}

/** A shorter time for some functions, so that their work takes several legs. */
async function shorten(names: string[], Timeout: number): Promise<void> {
  const lambda = new LambdaClient(deployment.place);
  for (const name of names) {
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: `tenure-scale-${name}`, Timeout }));
  }
}

/** The large object, restored into a bucket, is the same bytes. */
async function restored(digest: string): Promise<void> {
  const { s3 } = await holdingsOf(deployment);
  await s3.send(new CreateBucketCommand({ Bucket: 'scale-restored' }));
  const [copy] = (await deployment.tenure('snapshots', '--tenant', 'large')) as { id: string }[];
  await deployment.tenure('restore', copy?.id ?? '', '--to', 's3://scale-restored/');
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'scale-restored', Key: 'large.bin' }));
  const found = createHash('sha256');
  for await (const chunk of Body as AsyncIterable<Buffer>) found.update(chunk);
  if (found.digest('hex') !== digest) problems.push('the large object was restored with other bytes');
  say('the large object restores to the same bytes');
}

function report(runs: Record<string, RunMeasured>): void {
  const million = 1e6 / objects;
  for (const [name, run] of Object.entries(runs)) {
    const per = name.startsWith('large') ? 1 : million;
    console.log(`\n${name}${per === 1 ? '' : ', per million objects'}`);
    console.log(
      `  ${run.seconds.toFixed(0)} s here, largest payload ${run.largestPayload} bytes, longest history ${run.longestHistory} events`,
    );
    console.log(
      `  invocations ${Math.round(run.invocations * per)}, transitions ${Math.round(run.transitions * per)}, GB-seconds ${Math.round(run.gbSeconds * per)}`,
    );
    console.log(
      `  ${Object.entries(run.functions)
        .map(([fn, count]) => `${fn} ${count}`)
        .join(', ')}`,
    );
    for (const [operation, count] of Object.entries(run.requests).sort()) {
      console.log(`  ${String(Math.round(count * per)).padStart(9)}  ${operation}`);
    }
  }
  console.log('\npeak memory of the functions');
  for (const [name, { peakMiB, limitMiB }] of [...workers.peaks()].sort()) {
    console.log(`  ${String(Math.round(peakMiB)).padStart(6)} of ${limitMiB} MiB  ${name}`);
  }
}

/** What measured.json keeps of runs. */
function phasesOf(runs: Record<string, RunMeasured>): Record<string, Phase> {
  return Object.fromEntries(
    Object.entries(runs).map(([name, { requests, writtenKb, read4Kb, invocations, transitions, gbSeconds }]) => [
      name,
      { requests, writtenKb, read4Kb, invocations, transitions, gbSeconds: Math.round(gbSeconds) },
    ]),
  );
}

/** Puts figures into measured.json, beside those of another run. */
function write(figures: object): void {
  if (!values.write) return;
  const path = join(import.meta.dirname, '../../../bench/cost/measured.json');
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {};
  const how = `npm run test:aws:scale -- --write, on ministack: a source of many objects of 1 KiB, and one of a single large object; the functions that stop by the clock shortened to ${values.timeout} s. Requests were counted at a proxy, invocations and their time in the logs of the functions, transitions in the histories of the executions. Time is that of a shared machine with two processors.`;
  const measuredAt = new Date().toISOString().slice(0, 10);
  writeFileSync(path, `${JSON.stringify({ ...before, measuredAt, how, ...figures }, null, 2)}\n`);
}
