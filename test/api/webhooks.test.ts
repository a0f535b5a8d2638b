import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { httpPost } from '../../src/adapters/http-post.ts';
import { deliverWebhooks } from '../../src/use-cases/deliver-webhooks.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { openAlerts } from '../workflows/checks.ts';
import { openedApi } from './fixture.ts';
import { receiver } from './receiver.ts';

async function subscribed(types: string[] = ['case.*']) {
  // By the real time: a receiver refuses what is too old.
  const api = await openedApi({ now: new Date().toISOString() });
  const to = await receiver();
  Object.assign(api.process.deps, httpPost({ allowPrivate: true }));
  await api.home.tenant('acme');
  const operator = await api.token('operator');
  const { body } = await api.call(operator, 'POST', '/v1/webhooks', { url: to.url, types });
  const deliver = async () => await deliverWebhooks.typed(api.process.deps, {});
  await api.home.tenant('other');
  const open = async (tenant = 'acme') =>
    await openCase.typed(api.process.deps, {
      tenant,
      reason: 'customer-request',
      actor: { kind: 'customer', id: 'ann' },
    });
  return { ...api, ...to, operator, deliver, open, webhook: body };
}

it('a message is signed so that the receiver can tell, and names nobody', async () => {
  const { received, deliver, open, webhook } = await subscribed();
  const { id } = await open();
  expect(await deliver()).toMatchObject({ delivered: 1 });
  expect(await deliver()).toMatchObject({ delivered: 0 });
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  expect(new Webhook(webhook.secret).verify(body, headers)).toMatchObject({
    type: 'case.opened',
    data: { tenant: 'acme', case: id, status: 'opened' },
  });
  expect(() => new Webhook(webhook.secret).verify(`${body} `, headers)).toThrow();
  expect(body).not.toMatch(/@|Ltd/);
});

it('what fails is tried again, later each time, under the same id; then it is a dead letter that can be sent again', async () => {
  const { received, answers, deliver, open, webhook, home, call, token } = await subscribed();
  answers.push(...new Array(10).fill(500));
  await open();
  for (const wait of [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]) {
    home.clock.pass(wait * 1000 - 1);
    if (wait > 0) expect(await deliver()).toMatchObject({ delivered: 0, failed: 0, dead: 0 });
    home.clock.pass(1);
    await deliver();
  }
  expect(received).toHaveLength(10);
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  const operator = await token('operator');
  const { body } = await call(operator, 'GET', '/v1/webhooks/dead-letters');
  expect(body.items).toMatchObject([{ status: 'dead', attempts: 10, last: 'HTTP 500' }]);
  expect(await openAlerts(home)).toEqual([`webhook-dead ${webhook.id}`]);
  await open('other');
  expect(await deliver()).toMatchObject({ delivered: 1 });
  expect(await openAlerts(home), 'one message is dead still').toHaveLength(1);
  const path = `/v1/webhooks/${webhook.id}/deliveries/${body.items[0].id}/redeliver`;
  expect((await call(operator, 'POST', path)).status).toBe(202);
  expect(await deliver()).toMatchObject({ delivered: 1 });
  expect(await openAlerts(home)).toEqual([]);
});

it('the alert of a dead letter goes with the subscription', async () => {
  const { answers, deliver, open, webhook, home, call, operator } = await subscribed();
  answers.push(410);
  await open();
  expect(await deliver()).toMatchObject({ dead: 1 });
  expect(await openAlerts(home)).toEqual([`webhook-dead ${webhook.id}`]);
  await call(operator, 'DELETE', `/v1/webhooks/${webhook.id}`);
  expect(await openAlerts(home)).toEqual([]);
});

it('two processes that send at once send each message once', async () => {
  const { received, open, home, process } = await subscribed();
  await open();
  const other = { ...home.process().deps, post: process.deps.post };
  await Promise.all([deliverWebhooks.typed(process.deps, {}), deliverWebhooks.typed(other, {})]);
  expect(received).toHaveLength(1);
});

it('only what was asked for is sent, and nothing once the subscription has ended', async () => {
  const { received, open, deliver, webhook, call, operator } = await subscribed(['case.cancelled']);
  const { id } = await open();
  await deliver();
  expect(received).toEqual([]);
  await call(operator, 'POST', `/v1/cases/${id}/cancel`, {});
  await call(operator, 'DELETE', `/v1/webhooks/${webhook.id}`);
  await deliver();
  expect(received).toEqual([]);
});

describe('a new secret', () => {
  const rotated = async (body: object) => {
    const api = await subscribed();
    const answer = await api.call(api.operator, 'POST', `/v1/webhooks/${api.webhook.id}/rotate-secret`, body);
    /** Which of the two secrets have signed the message that came last. */
    const signers = (): string[] => {
      const { headers, body: text } = api.received.at(-1) ?? { headers: {}, body: '' };
      const at = new Date(Number(headers['webhook-timestamp']) * 1000);
      const signatures = headers['webhook-signature']?.split(' ') ?? [];
      const signs = ({ secret }: { secret: string }): boolean =>
        signatures.includes(new Webhook(secret).sign(headers['webhook-id'] ?? '', at, text));
      const known = Object.entries({ old: api.webhook, new: answer.body });
      expect(signatures).toHaveLength(known.filter(([, each]) => signs(each)).length);
      return known.filter(([, each]) => signs(each)).map(([name]) => name);
    };
    return { ...api, answer, signers };
  };

  it('signs beside the old one for a day, then alone', async () => {
    const { open, deliver, webhook, answer, signers, home, call, token, received } = await rotated({});
    const { id } = await open();
    await deliver();
    expect(signers()).toEqual(['old', 'new']);
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    expect(new Webhook(webhook.secret).verify(body, headers)).toBeTruthy();
    expect(new Webhook(answer.body.secret).verify(body, headers)).toBeTruthy();
    home.clock.pass(24 * 3600_000);
    await call(await token('operator'), 'POST', `/v1/cases/${id}/cancel`, {});
    await deliver();
    expect(received).toHaveLength(2);
    expect(signers()).toEqual(['new']);
  });

  it('signs alone at once when the old one has leaked', async () => {
    const { open, deliver, signers } = await rotated({ leaked: true });
    await open();
    await deliver();
    expect(signers()).toEqual(['new']);
  });

  it('is shown once, and goes on record', async () => {
    const { answer, webhook, call, operator, token } = await rotated({});
    expect(answer).toMatchObject({ status: 200, body: { id: webhook.id, url: webhook.url } });
    expect(answer.body).not.toHaveProperty('previous');
    const { body: one } = await call(operator, 'GET', `/v1/webhooks/${webhook.id}`);
    const { body: all } = await call(operator, 'GET', '/v1/webhooks');
    expect(JSON.stringify([one, all])).not.toContain('whsec_');
    const { body: ledger } = await call(await token('auditor'), 'GET', '/v1/ledger/system');
    expect(ledger.items).toContainEqual(expect.objectContaining({ type: 'webhook-rotated', subjects: [webhook.id] }));
  });
});

describe('targets', () => {
  const { post, refusesTarget } = httpPost({ allowPrivate: false });

  it.each([
    'http://127.0.0.1/x',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.1.2.3/',
    'https://192.168.0.1/',
    'http://[::1]/',
    'http://[fd00::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://0.0.0.0/',
    'http://localhost:9/',
    'http://metadata.google.internal/',
    'http://2130706433/',
    'http://0x7f.1/',
    'https://user:password@example.com/',
  ])('%s is refused', (url) => {
    expect(refusesTarget(url)).toBeTypeOf('string');
  });

  it('that resolve to a private address are refused when they are connected to', async () => {
    const { url, received } = await receiver();
    const answer = await post(url, { headers: {}, body: '{}', timeoutMs: 2000 });
    expect(answer).toBeTypeOf('string');
    expect(received).toEqual([]);
  });

  it('are refused with a pointer to the field', async () => {
    const api = await openedApi();
    Object.assign(api.process.deps, httpPost({ allowPrivate: false }));
    const answer = await api.call(await api.token('operator'), 'POST', '/v1/webhooks', {
      url: 'http://169.254.169.254/latest',
      types: ['case.*'],
    });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/url' }] } });
  });
});

it('one receiver that fails keeps nobody else waiting, and is left alone until the next call', async () => {
  const { received, answers, deliver, open, operator, call, home, process } = await subscribed();
  const other = await receiver();
  await call(operator, 'POST', '/v1/webhooks', { url: other.url, types: ['case.*'] });
  await open();
  await home.tenant('zeta');
  await openCase.typed(process.deps, {
    tenant: 'zeta',
    reason: 'customer-request',
    actor: { kind: 'customer', id: 'zoe' },
  });
  answers.push(503);
  expect(await deliver()).toMatchObject({ delivered: 2, failed: 1 });
  expect([received.length, other.received.length]).toEqual([1, 2]);
  expect(await deliver()).toMatchObject({ delivered: 1, failed: 0 });
});

it('what happens goes onto the bus of a deployment as well, once, and again when the bus does not take it', async () => {
  const { deliver, open, process, home, received, operator, call } = await subscribed();
  const published: { id: string; type: string; data: object }[] = [];
  const answers: (number | string)[] = ['ThrottlingException'];
  Object.assign(process.deps, {
    publish: async (event: (typeof published)[number]) => {
      published.push(event);
      return answers.shift() ?? 200;
    },
  });
  const { id } = await open();
  expect(await deliver()).toMatchObject({ delivered: 1, failed: 1 });
  home.clock.pass(5000);
  expect(await deliver()).toMatchObject({ delivered: 1 });
  expect(await deliver()).toMatchObject({ delivered: 0 });
  expect([received.length, published.length]).toEqual([1, 2]);
  expect(new Set(published.map((event) => event.id)).size).toBe(1);
  expect(published[0]).toMatchObject({ type: 'case.opened', tenant: 'acme', data: { case: id, status: 'opened' } });
  const again = `/v1/webhooks/event-bus/deliveries/${published[0]?.id}/redeliver`;
  expect((await call(operator, 'POST', again)).status).toBe(202);
  expect(await deliver()).toMatchObject({ delivered: 1 });
});
