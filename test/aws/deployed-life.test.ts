import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Deployment, deploy } from './deployment.ts';
import { maxPayloadBytes } from './handler-bridge.ts';
import { type Holdings, holdingsOf } from './holdings.ts';
import { wholeLife } from './life.ts';
import { type Mailbox, mailbox } from './mailbox.ts';
import { verifySender } from './ses-account.ts';

const machines = ['backup', 'restore-test', 'expiry', 'obsolescence-audit', 'notice', 'erasure'];

describe('the deployed stack', () => {
  let deployment: Deployment;
  let holdings: Holdings;
  let mails: Mailbox;

  beforeAll(async () => {
    mails = await mailbox();
    deployment = await deploy({
      stage: 'life',
      params: {
        plans: 'test/aws/plans',
        sourceBuckets: 'arn:aws:s3:::life-*',
        simulatedSince: '2026-03-01T00:00:00.000Z',
      },
      env: { SMTP_HOST: mails.address },
    });
    holdings = await holdingsOf(deployment);
    await verifySender(deployment, holdings.settings.mailFrom);
    await deployment.tenure('init', '--aws', deployment.stage, '--region', deployment.region);
  });

  afterAll(async () => {
    await deployment?.stop();
    await mails?.close();
  });

  test.each([
    { time: 'first', name: 'one', from: '2026-03-01' },
    { time: 'second', name: 'two', from: '2026-08-01' },
    { time: 'third', name: 'three', from: '2027-01-01' },
  ])('lives a whole life, from the first copy to the certificate, for the $time time', async ({ name, from }) => {
    await wholeLife({ deployment, holdings, mails }, name, from);
    const ids = mails.arrived.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('lives it as well when one request in twenty is throttled, fails or loses its answer', async () => {
    const already = mails.arrived.length;
    deployment.proxy.disturb(0.05);
    await wholeLife({ deployment, holdings, mails }, 'faults', '2027-06-01');
    deployment.proxy.disturb(0);
    const faults = deployment.proxy.faults();
    expect([...faults.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(50);
    // SES has no key against repetition: a mail may come twice where its answer was lost, and only there.
    const ids = mails.arrived.slice(already).map(({ id }) => id);
    const lost = deployment.proxy.lostReplies().get('SES.SendRawEmail') ?? 0;
    expect(ids.length - new Set(ids).size).toBeLessThanOrEqual(lost);
  });

  test('no payload comes near 256 KB, and no history near 25,000 events', async () => {
    let largest = 0;
    for (const machine of machines) {
      const runs = (await holdings.executions(machine)).map(({ arn }) => holdings.family(arn));
      for (const arn of (await Promise.all(runs)).flat()) {
        const events = await holdings.history(arn);
        expect(events.length).toBeLessThan(25_000);
        for (const event of events) largest = Math.max(largest, payloadOf(event));
      }
    }
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(maxPayloadBytes / 8);
  });
});

/** Bytes of the largest input or output that an event of a history tells of. */
function payloadOf(event: object): number {
  const sizes = Object.values(event).flatMap((details: unknown) => {
    if (typeof details !== 'object' || details === null) return [];
    const { input, output } = details as { input?: unknown; output?: unknown };
    return [input, output].map((text) => (typeof text === 'string' ? Buffer.byteLength(text) : 0));
  });
  return Math.max(0, ...sizes);
}
