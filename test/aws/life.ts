import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { FlattenedJWS } from 'jose';
import { expect } from 'vitest';
import { addDays } from '../../src/domain/calendar.ts';
import type { Deployment } from './deployment.ts';
import type { Holdings } from './holdings.ts';
import { deliverMailEvent } from './mail-event.ts';
import type { Arrived, Mailbox } from './mailbox.ts';

/** Where a life is lived. */
export interface Stage {
  deployment: Deployment;
  holdings: Holdings;
  mails: Mailbox;
}

/** Keys that adapters, URLs and XML get wrong, beside common ones. */
const keys = [
  ...Array.from({ length: 24 }, (_, n) => `ledger/2026/${String(n).padStart(2, '0')}.csv`),
  ...['with space.txt', 'plus+sign', 'per%cent', 'emoji-🦆.txt', 'a', 'a/b', 'amp&ers<and>', '2026/ü/ñ'],
  `long/${'x'.repeat(200)}/${'y'.repeat(200)}`,
];

/** A tenant whose data lies in a versioned bucket of its own. */
interface Customer {
  id: string;
  name: string;
  contacts: string[];
  bucket: string;
  content: Map<string, Buffer>;
}

/**
 * A whole life on a deployment, as schedules and finance would live it, with assertions on what the emulator holds: two backups,
 * a restore test, expiry, notice, the event that the notice was delivered, the erasure and its certificate. A second customer lives
 * beside the first and keeps everything.
 *
 * @param name tells this life from others on the same deployment: `[a-z0-9]+`
 * @param from the day on which it begins, `YYYY-MM-DD`; it takes 130 days
 */
export async function wholeLife(stage: Stage, name: string, from: string): Promise<void> {
  const { deployment, holdings, mails } = stage;
  const at = (days: number, time: string) => `${addDays(`${from}T00:00:00.000Z`, days).slice(0, 10)}T${time}:00.000Z`;
  const gone = await customer(stage, `gull-${name}`, at(0, '10:00'));
  const stays = await customer(stage, `wren-${name}`, at(0, '10:00'));

  // Two daily backups, with changes in between; each schedule fires twice, as schedules may.
  await scheduled(stage, { kind: 'backup', cadence: 'daily' }, at(1, '02:00'));
  await change(stage, gone);
  await scheduled(stage, { kind: 'backup', cadence: 'daily' }, at(2, '02:00'));
  expect(await copiesOf(stage, gone)).toBe(2);

  await scheduled(stage, { kind: 'restore-test' }, at(2, '09:20'));
  expect(await holdings.versions(holdings.settings.scratchBucket)).toEqual([]);
  await restoresTo(stage, stays);
  await restoresTo(stage, gone);

  // The first copies reach their last day; a new one was made before.
  await scheduled(stage, { kind: 'backup', cadence: 'daily' }, at(80, '02:00'));
  const before = await repositoryOf(stage, gone);
  await scheduled(stage, { kind: 'expiry' }, at(93, '04:15'));
  expect(await copiesOf(stage, gone)).toBe(1);
  const after = await repositoryOf(stage, gone);
  expect(after.length).toBeLessThan(before.length);
  expect(after.filter((key) => key.includes('/root/'))).toHaveLength(2);
  await restoresTo(stage, gone);

  // Unpaid: the notice goes out, and only the event that it arrived starts the clock.
  await moveClock(stage, at(94, '09:00'));
  const opened = (await deployment.tenure('finance', 'unpaid', gone.id, '--invoice', `2026-${name}`)) as {
    case: { id: string };
  };
  const caseId = opened.case.id;
  await scheduled(stage, { kind: 'notice' }, at(94, '10:05'));
  const notice = await mail(stage, (id) => id.startsWith(`notice/${caseId}`));
  expect(notice.to).toEqual([gone.contacts[0]]);
  expect(notice.mail.text).toContain(gone.name);
  expect(await statusOf(stage, caseId)).not.toBe('notified');
  await deliverMailEvent(deployment, notice, at(94, '10:06'));
  await until(async () => (await statusOf(stage, caseId)) === 'notified');
  await scheduled(stage, { kind: 'notice' }, at(118, '00:05'));
  expect(await statusOf(stage, caseId)).toBe('notified');
  expect((await holdings.versions(gone.bucket)).length).toBeGreaterThan(0);

  // 30 whole days later the sweep finds the case due and starts the erasure.
  await scheduled(stage, { kind: 'notice' }, at(126, '00:05'));
  await until(async () => (await statusOf(stage, caseId)) === 'closed');
  await expectErased(stage, gone, caseId);
  expect(mails.arrived.filter(({ id }) => id.startsWith(`notice/${caseId}`)).map(({ id }) => id)).toContain(notice.id);

  // The other customer has lost nothing.
  expect((await holdings.versions(stays.bucket)).filter(({ deleted }) => !deleted)).toHaveLength(stays.content.size);
  await restoresTo(stage, stays);
  const ledger = await deployment.tenureEnds('ledger', 'verify');
  expect(ledger.code, ledger.stdout + ledger.stderr).toBe(0);
}

async function customer(stage: Stage, id: string, now: string): Promise<Customer> {
  const { deployment, holdings } = stage;
  const name = `${id} Harbour GmbH`;
  const contacts = ['gerda', 'gustav'].map((person) => `${person}@${id}.example`);
  const bucket = `life-${id}`;
  await holdings.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await holdings.s3.send(
    new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const content = new Map<string, Buffer>();
  const made: Customer = { id, name, contacts, bucket, content };
  for (const key of keys) await put(stage, made, key, randomBytes(3000));
  await put(stage, made, 'large.bin', randomBytes(6_000_000));
  await put(stage, made, 'empty', Buffer.alloc(0));
  await moveClock(stage, now);
  const emails = contacts.flatMap((address) => ['--email', address]);
  await deployment.tenure('tenant', 'add', id, '--name', name, ...emails, '--plan', 'reported', '--timezone', 'UTC');
  await deployment.tenure('source', 'add', id, 'bucket', '--s3', `s3://${bucket}/`);
  return made;
}

async function put({ holdings }: Stage, { bucket, content }: Customer, Key: string, Body: Buffer): Promise<void> {
  await holdings.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, Metadata: { owner: 'gerda' } }));
  content.set(Key, Body);
}

/** Something new, something changed, something deleted. */
async function change(stage: Stage, customer: Customer): Promise<void> {
  await put(stage, customer, 'new.txt', randomBytes(100));
  await put(stage, customer, 'ledger/2026/03.csv', randomBytes(4000));
  await stage.holdings.s3.send(new DeleteObjectCommand({ Bucket: customer.bucket, Key: 'ledger/2026/07.csv' }));
  customer.content.delete('ledger/2026/07.csv');
}

/** Fires a schedule of the deployment as EventBridge Scheduler does, twice, and waits for the run, which has to end well. */
async function scheduled(stage: Stage, wanted: { kind: string; cadence?: string }, scheduledAt: string): Promise<void> {
  const { deployment, holdings } = stage;
  await moveClock(stage, scheduledAt);
  const event = deployment.schedules
    .map(({ Target }) => JSON.parse(Target.Input ?? '{}') as { kind?: string; cadence?: string })
    .find(({ kind, cadence }) => kind === wanted.kind && cadence === wanted.cadence);
  if (event === undefined) expect.fail(`no schedule for ${JSON.stringify(wanted)}`);
  const started = (await deployment.invoke('StartRun', { ...event, scheduledAt })) as { run: string; machine: string };
  const again = (await deployment.invoke('StartRun', { ...event, scheduledAt })) as { run: string };
  expect(again.run).toBe(started.run);
  expect(await holdings.ended(started.machine, started.run)).toBe('SUCCEEDED');
  const mine = (await holdings.executions(started.machine)).filter(({ name }) => name === started.run);
  expect(mine).toHaveLength(1);
  const shown = await deployment.tenure('executions', 'show', started.run);
  const why = async () => JSON.stringify([shown, await deployment.tenure('alert', 'list')], null, 1);
  expect(shown, await why()).toMatchObject({ status: 'succeeded', output: { outcome: 'ok' } });
}

/** The clock of the rehearsal goes on with the next act; lifting a stop that nobody set changes nothing else. */
async function moveClock({ deployment }: Stage, now: string): Promise<void> {
  await deployment.tenure('--now', now, 'resume');
}

async function statusOf({ deployment }: Stage, caseId: string): Promise<string> {
  return ((await deployment.tenure('case', 'show', caseId)) as { status: string }).status;
}

/** Keys of a tenant in the repository. */
async function repositoryOf({ holdings }: Stage, { id }: Customer): Promise<string[]> {
  return (await holdings.versions(holdings.settings.repositoryBucket, `v1/${id}/`)).map(({ key }) => key);
}

async function copiesOf({ deployment }: Stage, { id }: Customer): Promise<number> {
  return ((await deployment.tenure('snapshots', '--tenant', id)) as unknown[]).length;
}

/** The newest copy, restored into a bucket, is what the customer has, byte by byte. */
async function restoresTo(stage: Stage, customer: Customer): Promise<void> {
  const { deployment, holdings } = stage;
  const bucket = `life-restored-${customer.id}-${randomBytes(4).toString('hex')}`;
  await holdings.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const copies = (await deployment.tenure('snapshots', '--tenant', customer.id)) as { id: string }[];
  await deployment.tenure('restore', copies.at(-1)?.id ?? '', '--to', `s3://${bucket}/`);
  const found = await holdings.versions(bucket);
  expect(found.map(({ key }) => key).sort()).toEqual([...customer.content.keys()].sort());
  for (const [Key, expected] of customer.content) {
    const { Body, Metadata } = await holdings.s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    expect(expected.equals(Buffer.from((await Body?.transformToByteArray()) ?? [])), Key).toBe(true);
    expect(Metadata).toEqual({ owner: 'gerda' });
  }
}

/** Waits for a mail that has arrived. */
async function mail({ mails }: Stage, wanted: (id: string) => boolean): Promise<Arrived> {
  await until(() => mails.arrived.some(({ id }) => wanted(id)));
  return mails.arrived.find(({ id }) => wanted(id)) as Arrived;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries === 600) expect.fail('waited for a minute in vain');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Nothing of the customer is left but the evidence, and both contacts have a certificate that KMS' public key verifies. */
async function expectErased(stage: Stage, { id, name, contacts, bucket }: Customer, caseId: string): Promise<void> {
  const { holdings, mails } = stage;
  const { settings } = holdings;
  expect(await holdings.versions(bucket)).toEqual([]);
  expect(await holdings.versions(settings.repositoryBucket, `v1/${id}/`)).toEqual([]);
  expect(await holdings.versions(settings.scratchBucket)).toEqual([]);
  const keyRows = (await holdings.rows(settings.keysTable)).filter(({ text }) => text.includes(id));
  // The wrapped keys are gone; the tombstones that keep a name from coming back hold no key.
  for (const { pk, text } of keyRows) if (/wrapped|ciphertext/i.test(text)) expect(pk).toContain(`evidence/${id}`);
  for (const { text } of await holdings.rows(settings.catalogTable)) {
    for (const told of [name, ...contacts, 'ledger/2026']) expect(text).not.toContain(told);
  }
  for (const [n, contact] of contacts.entries()) {
    const report = await mail(stage, (mailId) => mailId === `deletion-report/${caseId}/${n}`);
    expect(report.to).toEqual([contact]);
    const json = report.mail.attachments.find(({ contentType }) => contentType === 'application/json');
    const pdf = report.mail.attachments.find(({ contentType }) => contentType === 'application/pdf');
    expect(pdf?.content.subarray(0, 5).toString()).toBe('%PDF-');
    const file = JSON.parse(json?.content.toString() ?? '{}') as FlattenedJWS & { certificate: object };
    const { payload, protected: header, signature } = file;
    expect(await holdings.verified({ payload, ...(header && { protected: header }), signature })).toEqual(
      file.certificate,
    );
    expect(file.certificate).toMatchObject({ simulation: true, customer: { name } });
  }
  // Each mail once, however often a step ran.
  const ids = mails.arrived.filter((each) => each.id.includes(caseId)).map((each) => each.id);
  expect(new Set(ids).size).toBeGreaterThan(3);
}
