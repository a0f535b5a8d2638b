import { expect, it } from 'vitest';
import { openCase } from '../../src/use-cases/open-case.ts';
import { openedApi } from './fixture.ts';

const key = { 'idempotency-key': 'one' };

it.each<[string, number, unknown, Record<string, string>]>([
  ['cannot be used', 400, { tenant: 'acme', reason: 'greed' }, {}],
  ['is refused by a rule of its content', 400, { tenant: 'acme', reason: 'obsolete', paths: ['../x'] }, {}],
  ['is about what is not there', 404, { tenant: 'nobody', reason: 'obsolete' }, {}],
  ['is of another kind', 415, { tenant: 'acme', reason: 'obsolete' }, { 'content-type': 'text/plain' }],
])('a request that %s leaves its key to the one that is mended', async (_, status, wrong, headers) => {
  const api = await openedApi();
  await api.home.tenant('acme');
  await api.home.source('acme', 'files');
  const token = await api.token('operator');
  const post = async (body: unknown, more: Record<string, string> = {}) =>
    await api.call(token, 'POST', '/v1/cases', body, { ...key, ...more });
  expect((await post(wrong, headers)).status).toBe(status);
  const right = { tenant: 'acme', reason: 'obsolete' };
  const made = await post(right);
  expect(made.status).toBe(201);
  const again = await post(right);
  expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([201, made.body, 'true']);
});

it('a wrong code that is sent again under its key counts as one try', async () => {
  const api = await openedApi();
  await api.home.tenant('acme');
  await api.home.source('acme', 'files');
  const actor = { kind: 'customer', id: 'ann' } as const;
  const { id } = await openCase.typed(api.process.deps, { tenant: 'acme', reason: 'customer-request', actor });
  const token = await api.token('tenant:self', { tenant: 'acme' });
  const post = async () => await api.call(token, 'POST', `/v1/cases/${id}/confirm`, { code: 'AAAAAAAA' }, key);
  const first = await post();
  expect([first.status, first.body.hint]).toEqual([400, '4 more tries.']);
  for (let n = 0; n < 6; n++) expect(await post()).toMatchObject({ status: 400, body: first.body });
});
