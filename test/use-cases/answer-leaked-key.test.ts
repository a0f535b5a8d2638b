import { expect, it } from 'vitest';
import { ConflictError } from '../../src/domain/errors.ts';
import { alerts, apiKeys, ledgerEntries } from '../../src/records.ts';
import { answerLeakedKey } from '../../src/use-cases/answer-leaked-key.ts';
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from '../../src/use-cases/api-keys.ts';
import { openedApi } from '../api/fixture.ts';
import { mailIds } from '../workflows/checks.ts';

const actor = { kind: 'operator', id: 'olga' } as const;

async function opened() {
  const { home, process, call } = await openedApi();
  const { deps } = process;
  const fields = { name: 'billing', owner: 'ann', scopes: ['operator'] as const, days: 90, actor };
  const old = await createApiKey.typed(deps, { ...fields, scopes: [...fields.scopes] });
  const status = async ({ key }: { key: string }): Promise<number> => (await call(key, 'GET', '/v1/tenants')).status;
  const keys = async () => (await listApiKeys.typed(deps, {})).length;
  const recorded = async () =>
    (await ledgerEntries.list(home.table, 'LEDGER#system'))
      .filter(({ value }) => value.type === 'api-key-leaked')
      .map(({ value }) => value.subjects);
  return { home, deps, old, status, keys, recorded };
}

it('a leaked key ends at once, and a successor takes its place', async () => {
  const { deps, old, status, keys, recorded } = await opened();
  const { made, successor } = await answerLeakedKey.typed(deps, { id: old.id, actor });
  if (made === undefined) throw new Error('no key was made');
  expect([await status(old), await status(made)]).toEqual([401, 200]);
  expect(successor).toBe(made.id);
  expect(await keys()).toBe(2);
  expect(await recorded()).toEqual([[old.id, made.id]]);
});

it('a leaked key that was rotated an hour ago ends at once too, and its successor stays', async () => {
  const { home, deps, old, status, keys, recorded } = await opened();
  const next = await rotateApiKey.typed(deps, { id: old.id, actor });
  home.clock.pass(3600_000);
  expect([await status(old), await status(next)]).toEqual([200, 200]);
  const answer = await answerLeakedKey.typed(deps, { id: old.id, actor });
  expect(answer).toEqual({ successor: next.id, alert: expect.any(String), lastUsedAt: expect.any(String) });
  expect([await status(old), await status(next)]).toEqual([401, 200]);
  expect(await keys()).toBe(2);
  expect((await apiKeys.read(home.table, old.id))?.value.successor).toBe(next.id);
  expect(await recorded()).toEqual([[old.id, next.id]]);
  expect((await alerts.read(home.table, answer.alert))?.value).toMatchObject({
    status: 'open',
    kind: 'api-key-leaked',
    message: expect.stringContaining(next.id),
  });
  expect(mailIds(home)).toHaveLength(1);
});

it('a key that has ended needs no answer, and says whose turn it is', async () => {
  const { home, deps, old, keys } = await opened();
  const next = await rotateApiKey.typed(deps, { id: old.id, actor });
  home.clock.pass(24 * 3600_000);
  const late = answerLeakedKey.typed(deps, { id: old.id, actor });
  await expect(late).rejects.toMatchObject({ name: ConflictError.name, hint: `Its successor is ${next.id}.` });
  await revokeApiKey.typed(deps, { id: next.id, actor });
  await expect(answerLeakedKey.typed(deps, { id: next.id, actor })).rejects.toThrow(ConflictError);
  expect(await keys()).toBe(2);
});
