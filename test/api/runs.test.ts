import { describe, expect, it } from 'vitest';
import { addDays } from '../../src/domain/calendar.ts';
import { startRun } from '../../src/use-cases/start-run.ts';
import { openedApi } from './fixture.ts';

const takes: Record<string, string[]> = {
  backup: ['tenant', 'source', 'cadence'],
  'restore-test': ['tenant', 'source'],
  expiry: ['tenant', 'source', 'dryRun', 'confirmed'],
  audit: ['tenant'],
  notice: ['tenant'],
};
const values = { tenant: 'acme', source: 'files', cadence: 'daily', dryRun: true, confirmed: true };

async function opened() {
  const api = await openedApi();
  await api.home.tenant('acme');
  await api.home.source('acme', 'files');
  return { ...api, operator: await api.token('operator', { mfa: true }) };
}

const refusals = Object.entries(takes).flatMap(([kind, known]) =>
  Object.entries(values)
    .filter(([option]) => !known.includes(option))
    .map(([option, value]) => ({ kind, option, value })),
);

describe.each(refusals)('a run of kind $kind', ({ kind, option, value }) => {
  it(`refuses the option ${option}, over HTTP and for everybody else, and starts nothing`, async () => {
    const api = await opened();
    const asked = { kind, tenant: 'acme', [option]: value };
    const { status, body } = await api.call(api.operator, 'POST', '/v1/runs', asked);
    expect([status, body.errors]).toEqual([400, [{ pointer: `/${option}`, detail: 'is no field' }]]);
    await expect(startRun(api.process.deps)({ ...asked, requestedBy: 'olga' })).rejects.toMatchObject({
      name: 'InvalidError',
      fields: [{ path: [option], message: expect.stringContaining(`is no option of ${kind}`) }],
    });
    expect((await api.call(api.operator, 'GET', '/v1/executions')).body.items).toEqual([]);
  });
});

it.each(Object.entries(takes))('a run of kind %s takes %s', async (kind, known) => {
  const api = await opened();
  const asked = Object.fromEntries(Object.entries(values).filter(([option]) => known.includes(option)));
  const { status, body, headers } = await api.call(api.operator, 'POST', '/v1/runs', { kind, ...asked });
  expect([status, body]).toEqual([202, expect.objectContaining({ status: 'running' })]);
  await api.process.runner.idle();
  const { body: shown } = await api.call(api.operator, 'GET', headers.get('location') ?? '');
  expect(shown).toMatchObject({ status: 'succeeded', asked });
});

it('what a dry run of expiry would remove is seen over HTTP, copy by copy, and nothing is removed', async () => {
  const api = await opened();
  await api.process.run('backup');
  api.home.clock.moveTo(addDays(api.home.clock.now(), 100));
  await api.process.run('backup');
  const operator = await api.token('operator', { mfa: true });
  const before = (await api.call(operator, 'GET', '/v1/snapshots')).body.items.map(({ id }: { id: string }) => id);
  const asked = { kind: 'expiry', dryRun: true };
  const { headers } = await api.call(operator, 'POST', '/v1/runs', asked);
  await api.process.runner.idle();
  const at = headers.get('location') ?? '';
  expect((await api.call(operator, 'GET', at)).body).toMatchObject({ asked: { dryRun: true } });
  const { body } = await api.call(await api.token('auditor'), 'GET', `${at}/items`);
  expect(body.items).toMatchObject([{ tenant: 'acme', source: 'files', status: 'planned' }]);
  expect(body.items[0].copies.map(({ id, keep }: { id: string; keep: boolean }) => [id, keep])).toEqual([
    [before[1], true],
    [before[0], false],
  ]);
  expect(body.items[0].copies[1].reasons[0]).toContain('90');
  expect((await api.call(operator, 'GET', '/v1/snapshots')).body.items).toHaveLength(2);
});

it('items of an execution are paged, and an execution that is none is not found', async () => {
  const api = await opened();
  for (const name of ['b', 'c']) await api.home.source('acme', name);
  const { run } = await api.process.run('backup');
  const seen: string[] = [];
  let cursor = '';
  do {
    const { body } = await api.call(api.operator, 'GET', `/v1/executions/${run}/items?limit=2${cursor}`);
    seen.push(
      ...body.items.map(({ source, snapshot }: { source: string; snapshot: string }) => `${source} ${snapshot.length}`),
    );
    cursor = body.next === undefined ? '' : `&cursor=${body.next}`;
  } while (cursor !== '');
  expect(seen).toEqual(['b 20', 'c 20', 'files 20']);
  const { body } = await api.call(api.operator, 'GET', `/v1/executions/${run}`);
  expect(body).toMatchObject({ outcome: 'ok', counts: { done: 3 } });
  expect((await api.call(api.operator, 'GET', '/v1/executions/backup-manual-x/items')).status).toBe(404);
});
