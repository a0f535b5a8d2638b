import { expect, it } from 'vitest';
import { forgetExpired } from '../../src/use-cases/forget-expired.ts';
import { reviewAccess } from '../../src/use-cases/review-access.ts';
import { openedApi } from './fixture.ts';

it('answers under an idempotency key and windows of rate limits go when their time is over, and nothing else', async () => {
  const { call, token, home, process } = await openedApi();
  const bearer = await token('operator');
  const tenant = { id: 'acme', name: 'Acme', contacts: [{ name: 'Ann', email: 'ann@acme.example' }] };
  for (let i = 0; i < 120; i++) {
    const headers = { 'idempotency-key': `k${i}` };
    await call(bearer, 'POST', '/v1/tenants', { ...tenant, id: `t${i}` }, headers);
  }
  const rowsOf = (part: string) => [...home.rows.keys()].filter((key) => key.includes(part)).length;
  expect([rowsOf('IDEMPOTENCY#'), rowsOf('RATE#')]).toEqual([120, 1]);
  expect(await forgetExpired(process.deps)).toBe(0);
  home.clock.pass(25 * 3600_000);
  const again = await call(await token('operator'), 'POST', '/v1/tenants', tenant, { 'idempotency-key': 'k0' });
  expect(again.status).toBe(201);
  expect(await forgetExpired(process.deps)).toBe(119);
  expect([rowsOf('IDEMPOTENCY#'), rowsOf('TENANTS')]).toEqual([1, 121]);
  home.clock.pass(3 * 24 * 3600_000);
  expect(await forgetExpired(process.deps)).toBe(2);
  expect(await forgetExpired(process.deps)).toBe(0);
});

it('who came in stays for the review until 400 days after the last time', async () => {
  const { call, token, home, process } = await openedApi();
  for (const subject of ['olga', 'oskar']) await call(await token('operator', { subject }), 'GET', '/v1/tenants');
  const reviewed = async () => (await reviewAccess.typed(process.deps, {})).map(({ who }) => who);
  home.clock.pass(399 * 24 * 3600_000);
  await call(await token('operator', { subject: 'olga' }), 'GET', '/v1/tenants');
  await forgetExpired(process.deps);
  expect(await reviewed()).toEqual(['olga', 'oskar']);
  home.clock.pass(2 * 24 * 3600_000);
  await forgetExpired(process.deps);
  expect(await reviewed()).toEqual(['olga']);
});
