import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Stripe from 'stripe';
import { expect, it } from 'vitest';
import { TestHome } from '../cli/tenure.ts';
import { configureApi, serve } from './serve.ts';

it('a server whose home names the secret takes events of Stripe, and one without has no such route', async () => {
  const home = new TestHome();
  await home.ends(0, 'init');
  const payload = JSON.stringify({ id: 'evt_1', type: 'invoice.paid', created: 1, data: { object: {} } });
  const signed = (secret: string): string =>
    new Stripe('sk_test_unused').webhooks.generateTestHeaderString({ payload, secret });
  const send = async (url: string, secret: string): Promise<number> => {
    const headers = { 'content-type': 'application/json', 'stripe-signature': signed(secret) };
    return (await fetch(`${url}/v1/finance/stripe`, { method: 'POST', headers, body: payload })).status;
  };
  const without = await serve(home.dir, { args: ['--no-schedule'] });
  expect(await send(without.url, 'whsec_x')).toBe(404);
  await without.end('SIGTERM');
  writeFileSync(join(home.dir, 'stripe.secret'), 'whsec_right\n', { mode: 0o600 });
  configureApi(home.dir, '{ stripeSecretFiles: [stripe.secret] }');
  const { url } = await serve(home.dir, { args: ['--no-schedule'] });
  expect([await send(url, 'whsec_right'), await send(url, 'whsec_wrong')]).toEqual([200, 400]);
});
