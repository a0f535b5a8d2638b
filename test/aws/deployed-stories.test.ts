import { randomUUID, verify, X509Certificate } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { receiver } from '../api/receiver.ts';
import { expectGood, openBrowser, press, tabTo, type Width } from '../browser/browser.ts';
import { noBrowser } from '../browser/chromium.ts';
import { answered, send } from '../stories/curl.ts';
import { customerStory } from '../stories/customer-story.ts';
import { linkIn } from '../stories/mail-server.ts';
import { nonPaymentStory } from '../stories/non-payment-story.ts';
import { until } from '../stories/telling.ts';
import { type ApiStage, apiStage } from './api-stage.ts';
import { eventsOf } from './event-queue.ts';

describe('the API behind API Gateway', () => {
  let stage: ApiStage;

  beforeAll(async () => {
    stage = await apiStage('stories');
  });

  afterAll(async () => await stage?.stop());

  test('answers what anybody may ask: health, its own description, the reference page with its assets', async () => {
    expect(await answered(stage, 200, '/healthz')).toMatchObject({ status: 'ok', simulation: true });
    expect(await answered(stage, 200, '/openapi.json')).toMatchObject({ openapi: '3.1.0' });
    const script = await send(stage, '/docs/swagger-ui-bundle.js');
    expect([script.status, script.bytes.length > 1_000_000]).toEqual([200, true]);
    expect((await send(stage, '/metrics')).status).toBe(404);
    expect(await stage.deployment.tenureEnds('token', '--sub', 'olga', '--scope', 'operator')).toMatchObject({
      code: 5,
    });
    expect((await send(stage, '/v1/tenants')).status).toBe(401);
  });

  test('a customer leaves, told with curl alone', async () => await customerStory(stage, 'one'));

  test.skipIf(noBrowser !== undefined).each<Width>(['phone', 'desktop'])(
    `its page is walked in a browser, to the verified certificate (%s)${noBrowser ?? ''}`,
    async (width) => {
      const mail = stage.mails().findLast(({ to, text }) => to.includes('@leaver-one.') && text.includes('/c/c-'));
      const { page } = await openBrowser(width, stage.url);
      await page.goto(linkIn(mail ?? expect.fail('no mail has a link')));
      expect(await page.getByRole('heading', { level: 2 }).first().textContent()).toBe('The data are erased');
      await expectGood(page, `aws-${width}-1-erased`);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download the certificate (PDF)' }).press('Enter'),
      ]);
      await page.goto(`${stage.url}/verify?lang=en`);
      await page.locator('#f-file').setInputFiles(await download.path());
      await tabTo(page, 'button');
      await press(page, 'Enter');
      expect(await page.getByRole('status').textContent()).toContain('genuine and unchanged');
      await expectGood(page, `aws-${width}-2-verified`);
    },
  );

  test('an account stays unpaid, told with curl alone', async () => await nonPaymentStory(stage, 'one'));

  test('what is too large for an answer is prepared and fetched from the bucket; restores go below a prefix', async () => {
    const bearer = await stage.token({ sub: 'olga', scope: 'operator' });
    const contacts = [{ name: 'Ann', email: 'ann@large.example' }];
    await answered(stage, 201, '/v1/tenants', { bearer, json: { id: 'large', name: 'Large', contacts } });
    const large = 'x'.repeat(5_000_000);
    await stage.addSource('large', 'files', { 'deep/large.txt': large, 'small.txt': 'small' });
    const { name } = await answered(stage, 202, '/v1/runs', { bearer, json: { kind: 'backup', tenant: 'large' } });
    await until('the backup', async () => {
      const { status } = await answered(stage, 200, `/v1/executions/${name}`, { bearer });
      return status === 'succeeded' ? true : undefined;
    });
    const [copy] = (await answered(stage, 200, '/v1/snapshots?tenant=large', { bearer })).items;
    const small = await send(stage, `/v1/snapshots/${copy.id}/content?path=small.txt`, { bearer });
    expect([small.status, small.text]).toEqual([200, 'small']);

    const path = `/v1/snapshots/${copy.id}/content?path=deep/large.txt`;
    const waiting = await answered(stage, 202, path, { bearer });
    expect(waiting).toMatchObject({ status: 'preparing', snapshot: copy.id });
    // Whoever asks again waits for the same.
    expect(await answered(stage, 202, path, { bearer })).toMatchObject({ id: waiting.id });
    const other = await stage.token({ sub: 'eve', scope: 'tenant:self', tenant: 'someone' });
    await answered(stage, 404, `/v1/downloads/${waiting.id}`, { bearer: other });
    const ready = await until('the download', async () => {
      const found = await send(stage, `/v1/downloads/${waiting.id}`, { bearer });
      return found.status === 303 ? found : undefined;
    });
    const fetched = await send(stage, ready.redirect);
    expect([fetched.status, fetched.contentType, fetched.text === large]).toEqual([
      200,
      'application/octet-stream',
      true,
    ]);
    expect((await send(stage, path, { bearer })).status).toBe(303);
    const forged = ready.redirect.replace(/X-Amz-Signature=\w{8}/, 'X-Amz-Signature=00000000');
    expect((await send(stage, forged)).status).toBe(403);

    const job = await answered(stage, 202, '/v1/restores', { bearer, json: { snapshot: copy.id, to: 'march' } });
    const ended = await until('the restore', async () => {
      const found = await answered(stage, 200, `/v1/restores/${job.id}`, { bearer });
      return found.status === 'running' ? undefined : found;
    });
    expect(ended).toMatchObject({ status: 'done', objects: 2, damaged: 0 });
    const restored = await stage.holdings.versions('restored', 'inbox/march/');
    expect(restored.map(({ key }) => key).sort()).toEqual(['inbox/march/deep/large.txt', 'inbox/march/small.txt']);

    // What lies ready for fetching goes with the customer.
    const { scratchBucket } = stage.holdings.settings;
    expect(await stage.holdings.versions(scratchBucket)).toHaveLength(1);
  });

  test('what happens goes out signed, to a subscriber, to the callbacks of OpenDSR and onto the event bus', async () => {
    const to = await receiver();
    const told = await eventsOf(stage);
    const bearer = await stage.token({ sub: 'olga', scope: 'operator', mfa: true });
    const json = { url: to.url, types: ['case.*'] };
    const { secret } = await answered(stage, 201, '/v1/webhooks', { bearer, json });
    const contacts = [{ name: 'Ann', email: 'ann@told.example' }];
    await answered(stage, 201, '/v1/tenants', { bearer, json: { id: 'told', name: 'Told', contacts } });
    await answered(stage, 404, '/opendsr/discovery');
    const csr = await answered(stage, 200, '/v1/opendsr/certificate-request', {
      bearer,
      json: { domain: '127.0.0.1' },
    });
    expect(csr.pem).toContain('BEGIN CERTIFICATE REQUEST');
    await stage.deployment.tenure('opendsr', 'certificate', '--self-signed');

    const asked = await answered(stage, 201, '/opendsr/requests', {
      bearer,
      json: {
        regulation: 'gdpr',
        subject_request_id: randomUUID(),
        subject_request_type: 'erasure',
        submitted_time: '2026-03-01T09:00:00Z',
        subject_identities: [{ identity_type: 'email', identity_format: 'raw', identity_value: 'ann@told.example' }],
        status_callback_urls: [`${to.url}opendsr`],
      },
    });
    const { items } = await answered(stage, 200, '/v1/cases?tenant=told', { bearer });
    await answered(stage, 200, `/v1/cases/${items[0].id}/cancel`, { bearer, json: {} });
    // As its schedule does every minute.
    await stage.deployment.invoke('DeliverWebhooks', {});
    const hooks = to.received.filter(({ headers }) => headers['webhook-id'] !== undefined);
    expect(hooks.map(({ headers, body }) => new Webhook(secret).verify(body, headers))).toMatchObject([
      { type: 'case.opened', data: { case: items[0].id } },
      { type: 'case.cancelled', data: { case: items[0].id } },
    ]);
    const [callback = expect.fail()] = to.received.filter(({ headers }) => 'x-opendsr-signature' in headers);
    expect(JSON.parse(callback.body)).toMatchObject({
      subject_request_id: asked.subject_request_id,
      request_status: 'cancelled',
    });
    const certificate = new X509Certificate((await send(stage, '/opendsr/certificate.pem')).bytes);
    const signature = Buffer.from(String(callback.headers['x-opendsr-signature']), 'base64');
    expect(verify('sha256', Buffer.from(callback.body), certificate.publicKey, signature)).toBe(true);
    const events = await until('the events', async () => {
      const found = (await told()).filter(({ detail }) => detail.case === items[0].id);
      return found.length === 2 ? found : undefined;
    });
    expect(events.map((event) => event['detail-type']).sort()).toEqual(['case.cancelled', 'case.opened']);
    expect(events[0]).toMatchObject({ source: 'tenure.stories', detail: { tenant: 'told' } });
  });
});
