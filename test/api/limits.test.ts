import { expect, it } from 'vitest';
import { UnavailableError } from '../../src/domain/errors.ts';
import { ledgerEntries } from '../../src/records.ts';
import { createApiKey, revokeApiKey } from '../../src/use-cases/api-keys.ts';
import { startOidcProvider } from '../oidc-provider.ts';
import { openedApi } from './fixture.ts';

const actor = { kind: 'operator', id: 'olga' } as const;

/** The app with ten requests a minute for an address, which a header names. */
async function opened(options: Parameters<typeof openedApi>[1] = {}) {
  const api = await openedApi(
    {},
    {
      limits: { perCaller: 30, perAddress: 10 },
      addressOf: (c) => (c as { req: { header(name: string): string | undefined } }).req.header('x-address') ?? '',
      ...options,
    },
  );
  const ask = async (token: string | undefined, address: string) =>
    (await api.call(token, 'GET', '/v1/tenants', undefined, { 'x-address': address })).status;
  const key = async (name: string) =>
    await createApiKey.typed(api.process.deps, { name, owner: name, scopes: ['auditor'], days: 1, actor });
  /** Statuses of so many requests, counted. */
  const many = async (count: number, request: (n: number) => Promise<number>): Promise<Record<number, number>> => {
    const statuses: Record<number, number> = {};
    for (let n = 0; n < count; n++) {
      const status = await request(n);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    return statuses;
  };
  const refusals = async () =>
    (await ledgerEntries.list(api.home.table, 'LEDGER#system'))
      .map(({ value }) => value)
      .filter(({ type }) => type === 'access-refused');
  return { ...api, ask, key, many, refusals };
}

it('addresses of one IPv6 network share its limit, and those of others have their own', async () => {
  const { ask, many } = await opened();
  expect(await many(40, (n) => ask(undefined, `2001:db8:1:2::${n.toString(16)}`))).toEqual({ 401: 10, 429: 30 });
  expect(await ask(undefined, '2001:db8:1:3::1')).toBe(401);
});

it('an IPv4 address that is written as IPv6 is the same', async () => {
  const { ask, many } = await opened();
  expect(await many(10, () => ask(undefined, '203.0.113.9'))).toEqual({ 401: 10 });
  expect(await ask(undefined, '::ffff:203.0.113.9')).toBe(429);
  expect(await ask(undefined, '::ffff:203.0.113.8')).toBe(401);
});

it('requests whose credential could not be verified count for their address', async () => {
  const provider = await startOidcProvider();
  const { issuer } = provider;
  const oidc = { issuer, audience: 'x', tenantClaim: 't', scopeClaim: 's', mfaClaim: 'amr', mfaValues: ['mfa'] };
  const { ask, many } = await opened({ oidc });
  const token = await provider.sign({ iss: issuer, aud: 'x', sub: 'u', exp: 4_000_000_000 });
  await provider.stop();
  expect(await many(40, () => ask(token, '203.0.113.9'))).toEqual({ 503: 10, 429: 30 });
});

it('what an address shows after its share is used up is not looked at, until the minute is over', async () => {
  const looked: string[] = [];
  const api = await opened();
  const { home, ask, key, many } = api;
  const { key: fresh } = await key('fresh');
  const read = home.table.get.bind(home.table);
  home.table.get = async (...asked) => {
    if (asked[0].pk === 'API-KEYS') looked.push(asked[0].sk);
    return await read(...asked);
  };
  const wrong = (n: number) => `tnr_k${n.toString(16).padStart(12, '0')}_${'A'.repeat(43)}`;
  expect(await many(40, (n) => ask(wrong(n), '203.0.113.9'))).toEqual({ 401: 10, 429: 30 });
  expect(looked.length).toBe(11);
  expect(await ask(fresh, '203.0.113.9')).toBe(429);
  expect(await ask(fresh, '203.0.113.8')).toBe(200);
  home.clock.pass(60_000);
  expect(await ask(fresh, '203.0.113.9')).toBe(200);
});

it('a caller whose credential has held is not kept out by others behind its address', async () => {
  const { home, process, ask, key, many } = await opened();
  const [known, revoked] = [await key('known'), await key('revoked')];
  expect([await ask(known.key, '203.0.113.9'), await ask(revoked.key, '203.0.113.9')]).toEqual([200, 200]);
  expect(await many(20, () => ask(undefined, '203.0.113.9'))).toEqual({ 401: 10, 429: 10 });
  expect(await many(40, () => ask(known.key, '203.0.113.9'))).toEqual({ 200: 29, 429: 11 });
  // What held once and no longer does is as good as none.
  await revokeApiKey.typed(process.deps, { id: revoked.id, actor });
  expect(await many(3, () => ask(revoked.key, '203.0.113.9'))).toEqual({ 429: 3 });
  home.clock.pass(60_000);
  expect(await ask(known.key, '203.0.113.9')).toBe(200);
});

it('many valid callers behind one address are not limited by it', async () => {
  const { ask, key } = await opened();
  const keys = await Promise.all(Array.from({ length: 30 }, (_, n) => key(`k${n}`)));
  const statuses = await Promise.all(keys.map((made) => ask(made.key, '203.0.113.9')));
  expect(new Set(statuses)).toEqual(new Set([200]));
});

it('alike refusals of a minute are listed up to ten, then counted in one entry', async () => {
  const { home, ask, key, many, call, refusals } = await opened({ limits: { perCaller: 100, perAddress: 100 } });
  const { key: insider } = await key('insider');
  const { key: flooder } = await key('flooder');
  const stop = async (token: string) => (await call(token, 'POST', '/v1/system/stop', { reason: 'x' })).status;
  expect(await many(50, (n) => ask(undefined, `203.0.113.${n}`))).toEqual({ 401: 50 });
  expect(await many(15, () => stop(flooder))).toEqual({ 403: 15 });
  // A flood of others does not hide what somebody is known for.
  expect(await stop(insider)).toBe(403);
  const before = await refusals();
  expect(before).toHaveLength(21);
  const singly = before.filter(({ subjects }) => subjects.includes('why:no-credential'));
  expect(singly).toHaveLength(10);
  expect(singly.map(({ subjects }) => subjects.includes('more:counted'))).toEqual([...Array(9).fill(false), true]);
  const minute = `minute:${new Date(Math.floor(home.clock.wall() / 60_000) * 60_000).toISOString()}`;
  home.clock.pass(60_000);
  // Any request ends the minute.
  await Promise.all([ask(flooder, '203.0.113.1'), ask(flooder, '203.0.113.1')]);
  const [first, second, ...more] = (await refusals()).slice(21);
  expect(more).toEqual([]);
  expect(first).toMatchObject({ actor: 'unknown', subjects: ['why:no-credential', 'count:40', minute] });
  expect(second).toMatchObject({ actor: before.at(10)?.actor, subjects: ['why:scope', 'count:5', minute] });
  expect(await ask(undefined, '203.0.113.1')).toBe(401);
  expect((await refusals()).at(-1)?.subjects).toContainEqual(expect.stringMatching(/^request:/));
});

it('a count that could not be put on record is put there by the next request', async () => {
  const { home, ask, many, refusals } = await opened({ limits: { perCaller: 100, perAddress: 100 } });
  await many(12, (n) => ask(undefined, `203.0.113.${n}`));
  home.clock.pass(60_000);
  const transact = home.table.transact.bind(home.table);
  home.table.transact = async () => {
    home.table.transact = transact;
    throw new UnavailableError('the catalog does not answer');
  };
  expect(await ask(undefined, '203.0.113.1')).toBe(401);
  expect(await ask(undefined, '203.0.113.1')).toBe(401);
  const counts = (await refusals()).flatMap(({ subjects }) => subjects.filter((each) => each.startsWith('count:')));
  expect(counts).toEqual(['count:2']);
});
