import { expect, it } from 'vitest';
import { verifyJws } from '../../src/documents/jws.ts';
import { canonicalBytes } from '../../src/domain/canonical-json.ts';
import { verifyChain } from '../../src/domain/ledger.ts';
import { ledgerSealTyp, sealLedger } from '../../src/use-cases/seal-ledger.ts';
import { openedApi } from './fixture.ts';

/** An API over a home with two tenants, and what an auditor gets of it. */
async function audited() {
  const api = await openedApi();
  await api.home.tenant('acme');
  await api.home.tenant('other');
  await api.home.source('acme', 'files');
  const auditor = await api.token('auditor');
  const get = async (path: string) => await api.call(auditor, 'GET', path);
  return { api, auditor, get };
}

it('an auditor finds the chain of every tenant, and reads it to its end', async () => {
  const { get } = await audited();
  const { body } = await get('/v1/ledger');
  const chains = body.items as { chain: string; tenant?: string; entries: number; hash: string; at: string }[];
  expect(chains.map(({ tenant }) => tenant).toSorted()).toEqual(['acme', 'other', undefined]);
  for (const { chain, entries, hash, at } of chains) {
    const { items } = (await get(`/v1/ledger/${chain}?limit=200`)).body;
    expect([items.length, items.at(-1).hash, items.at(-1).at]).toEqual([entries, hash, at]);
    expect(verifyChain(items, undefined, { chain, seq: entries, hash })).toMatchObject({ ok: true });
  }
});

it('chains are paged', async () => {
  const { get } = await audited();
  const { items } = (await get('/v1/ledger')).body;
  const first = (await get('/v1/ledger?limit=2')).body;
  const rest = (await get(`/v1/ledger?limit=2&cursor=${first.next}`)).body;
  expect([...first.items, ...rest.items]).toEqual(items);
  expect(rest.next).toBeUndefined();
});

it('a chain that nobody has is not found; that of the system is there from the beginning', async () => {
  const { get } = await audited();
  expect((await get('/v1/ledger/t-00000000000000000000')).status).toBe(404);
  expect((await get('/v1/ledger/system')).status).toBe(200);
  const bare = await openedApi();
  const token = await bare.token('auditor');
  for (const row of bare.home.rows.values())
    if (row.pk.startsWith('LEDGER')) await bare.home.table.transact([{ delete: row }]);
  expect(await bare.call(token, 'GET', '/v1/ledger/system')).toMatchObject({ status: 200, body: { items: [] } });
});

it('the verdict names every chain that was verified', async () => {
  const { api, auditor, get } = await audited();
  const { body } = await api.call(auditor, 'POST', '/v1/ledger/verify');
  const listed = (await get('/v1/ledger')).body.items as { chain: string; entries: number }[];
  expect(body).toMatchObject({ ok: true, chains: listed.map(({ chain, entries }) => ({ chain, entries })) });
});

it('seals are read as they were signed, and verify with the public keys', async () => {
  const { api, get } = await audited();
  await sealLedger.typed(api.process.deps, {});
  const { items } = (await get('/v1/ledger/seals')).body;
  expect(items).toEqual([{ at: expect.any(String), root: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  const { body } = await get(`/v1/ledger/seals/${items[0].at}`);
  const { keys } = (await get('/v1/keys/jwks')).body;
  const verified = await verifyJws(body.jws, ledgerSealTyp, { keys });
  expect(verified).toMatchObject({ ok: true, payload: canonicalBytes(body.seal) });
  expect(body.heads).toHaveLength(3);
  expect((await get('/v1/ledger/seals/2020-01-01T00:00:00.000Z')).status).toBe(404);
});

it('restore tests of a source that does not exist are not found, as everything else of it', async () => {
  const { get } = await audited();
  expect((await get('/v1/tenants/acme/sources/files/restore-tests')).status).toBe(200);
  for (const path of ['none/sources/none', 'acme/sources/none', 'none/sources/files'])
    expect([path, (await get(`/v1/tenants/${path}/restore-tests`)).status]).toEqual([path, 404]);
});
