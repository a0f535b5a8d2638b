import { expect, it } from 'vitest';
import { cases } from '../../src/records.ts';
import { openedApi } from './fixture.ts';

const start = '2026-03-02T10:00:00.000Z';

async function asked() {
  const api = await openedApi({ now: start });
  await api.home.tenant('acme');
  const { mailer, clock } = api.home;
  const own = async (path: string, body: object) =>
    await api.call(await api.token('tenant:self', { tenant: 'acme' }), 'POST', path, body);
  mailer.down = true;
  const ask = async () => await own('/v1/cases', { tenant: 'acme', reason: 'customer-request' });
  expect((await ask()).status).toBe(503);
  expect((await ask()).status).toBe(409);
  const sweep = async (hours: number) => {
    clock.moveTo(new Date(Date.parse(start) + hours * 3600_000).toISOString());
    await api.process.run('notice');
  };
  const codes = () => mailer.sent.flatMap(({ text }) => /[A-HJ-NP-Z2-9]{4}-?[A-HJ-NP-Z2-9]{4}/.exec(text)?.[0] ?? []);
  const stored = async () => (await cases.all(api.home.table)).map(({ value }) => value)[0] as never as { id: string };
  return { ...api, mailer, own, sweep, codes, id: (await stored()).id, stored };
}

it('a customer who asks while the mail server is away gets a code by the first sweep that reaches it', async () => {
  const { mailer, own, sweep, codes, id, stored, home } = await asked();
  await sweep(1);
  await sweep(2);
  expect(await stored()).toMatchObject({ status: 'opened' });
  mailer.down = false;
  await sweep(3);
  await sweep(4);
  expect(codes()).toHaveLength(1);
  expect((await own(`/v1/cases/${id}/confirm`, { code: codes()[0] })).status).toBe(200);
  await home.expectLedgerWhole();
});

it('a code that the customer asked for meanwhile stays good, and those of sweeps count for nobody', async () => {
  const { mailer, own, sweep, codes, id } = await asked();
  for (const hour of [1, 2, 3, 4, 5, 6]) await sweep(hour);
  mailer.down = false;
  expect((await own(`/v1/cases/${id}/new-code`, {})).status).toBe(200);
  await sweep(7);
  expect(codes()).toHaveLength(1);
  expect((await own(`/v1/cases/${id}/confirm`, { code: codes()[0] })).status).toBe(200);
});

it('a request whose code never reaches anybody lapses after its days', async () => {
  const { sweep, stored } = await asked();
  await sweep(24 * 29);
  expect(await stored()).toMatchObject({ status: 'opened' });
  await sweep(24 * 31);
  await sweep(24 * 31 + 1);
  expect(await stored()).toMatchObject({ status: 'cancelled', cause: 'not-confirmed' });
});
