import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Deps } from '../../src/deps.ts';
import { restoreTests } from '../../src/records.ts';
import { caseLink, formToken } from '../../src/use-cases/case-link.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { operator } from '../workflows/memory-home.ts';
import { openedApi } from './fixture.ts';

const large = Buffer.alloc(5_000_000, 'some content of a large file\n');

/** Downloads as AWS has them, in the folders of scratch. */
function downloadsIn({ scratch }: Deps): NonNullable<Deps['downloads']> {
  return {
    async put(id, content) {
      mkdirSync(scratch.path(id), { recursive: true });
      const pieces: Buffer[] = [];
      for await (const piece of content) pieces.push(Buffer.from(piece));
      const whole = Buffer.concat(pieces);
      writeFileSync(join(scratch.path(id), 'content'), whole);
      return whole.length;
    },
    link: async (id, { filename }) => `https://scratch.example/${id}?as=${filename}`,
  };
}

async function backedUp(change: (deps: Deps) => Partial<Deps> = () => ({})) {
  const api = await openedApi();
  await api.home.tenant('acme');
  await api.home.source('acme', 'files', { 'a.txt': 'alpha', 'large.bin': large });
  await api.process.run('backup');
  const { deps } = api.process;
  Object.assign(deps, { downloads: downloadsIn(deps) });
  Object.assign(deps, change(deps));
  const token = async () => await api.token('tenant:self', { tenant: 'acme' });
  const customer = await token();
  const { body } = await api.call(customer, 'GET', '/v1/snapshots');
  const ask = async (path: string) => await api.call(await token(), 'GET', `/v1/snapshots/${body.items[0].id}/${path}`);
  return { ...api, deps, customer, ask };
}

it('what is small is answered, what is large prepared once for all who ask again, and fetched elsewhere', async () => {
  const { ask, call, customer, deps, process } = await backedUp();
  expect(await ask('content?path=a.txt')).toMatchObject({ status: 200, body: 'alpha' });
  const answers = await Promise.all([1, 2, 3].map(async () => await ask('content?path=large.bin')));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  const [{ body, headers } = expect.fail()] = answers;
  expect(answers.map((answer) => answer.body.id)).toEqual([body.id, body.id, body.id]);
  expect(headers.get('location')).toBe(`/v1/downloads/${body.id}`);
  await process.runner.idle();
  expect((await deps.workflows.list({ machine: 'take-out' })).map(({ status }) => status)).toEqual(['succeeded']);
  const ready = await call(customer, 'GET', `/v1/downloads/${body.id}`);
  expect([ready.status, ready.headers.get('location')]).toEqual([
    303,
    `https://scratch.example/${body.id}?as=large.bin`,
  ]);
  expect(readFileSync(join(deps.scratch.path(body.id), 'content')).equals(large)).toBe(true);
  expect((await ask('content?path=large.bin')).status).toBe(303);
});

it('another customer is not told of it, and what is not there is said at once', async () => {
  const { ask, call, token, home, process } = await backedUp();
  await home.tenant('other');
  const { body } = await ask('archive.zip');
  const other = await token('tenant:self', { tenant: 'other' });
  expect((await call(other, 'GET', `/v1/downloads/${body.id}`)).status).toBe(404);
  expect((await ask('archive.zip?path=nothing')).status).toBe(404);
  expect((await ask('content?path=nothing')).status).toBe(404);
  await process.runner.idle();
});

it('a store that does not answer is asked again by the machine; what failed is told and not tried on and on', async () => {
  let refusals = 0;
  const { ask, process, home } = await backedUp((deps) => ({
    downloads: {
      ...downloadsIn(deps),
      put: async () => {
        refusals++;
        throw new Error('the store is away');
      },
    },
  }));
  expect((await ask('archive.tar')).status).toBe(202);
  await process.runner.idle();
  expect(refusals).toBe(4);
  const told = await ask('archive.tar');
  expect(told).toMatchObject({ status: 409, body: { detail: expect.stringContaining('could not be prepared') } });
  await process.runner.idle();
  expect(refusals).toBe(4);
  home.clock.pass(61_000);
  expect((await ask('archive.tar')).status).toBe(202);
  await process.runner.idle();
});

it('what has no time to be prepared says so, and leaves nothing', async () => {
  const { ask, process, deps } = await backedUp(() => ({ timeLeft: () => 0 }));
  const { body } = await ask('archive.zip');
  await process.runner.idle();
  expect((await ask('archive.zip')).body.detail).toContain('more of it than can be prepared');
  expect(existsSync(deps.scratch.path(body.id))).toBe(false);
});

it('a restore test leaves it until its time is over, an erasure takes it along', async () => {
  const { ask, home, process, deps } = await backedUp();
  const { body } = await ask('archive.zip');
  await process.runner.idle();
  const file = join(deps.scratch.path(body.id), 'content');
  await process.run('restore-test');
  expect(existsSync(file)).toBe(true);
  expect((await restoreTests.list(home.table, 'RESTORE-TESTS#acme/files')).length).toBeGreaterThan(0);
  home.clock.pass(13 * 3600_000);
  await process.run('restore-test');
  expect(existsSync(file)).toBe(false);

  const again = await ask('archive.zip');
  await process.runner.idle();
  expect(existsSync(join(deps.scratch.path(again.body.id), 'content'))).toBe(true);
  await openCase.typed(deps, { tenant: 'acme', reason: 'obsolete', actor: operator });
  for (let day = 0; day < 40; day++) {
    home.clock.pass(24 * 3600_000);
    await process.run('notice');
  }
  expect(await deps.scratch.list()).toEqual([]);
  expect([...home.rows.keys()].filter((key) => key.includes('DOWNLOADS'))).toEqual([]);
});

it('the copy that a case’s page gives out is prepared too, and fetched by a link on the page', async () => {
  const { app, deps, process } = await backedUp();
  Object.assign(deps.settings, { publicUrl: 'https://tenure.example.com' });
  const value = await openCase.typed(deps, { tenant: 'acme', reason: 'obsolete', actor: operator });
  const path = ((await caseLink(deps, value)) ?? '').replace('https://tenure.example.com', '');
  const ask = async (): Promise<string> => {
    const body = new URLSearchParams({ way: 'export', lang: 'en', form: await formToken(deps, value) }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await app.request(path, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    return await answer.text();
  };
  expect(await ask()).toContain('Your copy is being prepared');
  await process.runner.idle();
  const [, id = ''] = /href="https:\/\/scratch\.example\/(dl-[0-9a-f]{16})\?as=c-/.exec(await ask()) ?? [];
  const zip = readFileSync(join(deps.scratch.path(id), 'content'));
  expect(zip.includes('files/large.bin')).toBe(true);
  // It was counted once, however often it was asked for.
  for (let asked = 0; asked < 6; asked++) expect(await ask()).toContain('Your copy is ready');
});

it('nothing is prepared for who asks for the headers', async () => {
  const { app, customer, call, process } = await backedUp();
  const { body } = await call(customer, 'GET', '/v1/snapshots');
  const headers = { authorization: `Bearer ${customer}` };
  const answer = await app.request(`/v1/snapshots/${body.items[0].id}/archive.zip`, { method: 'HEAD', headers });
  expect(answer.status).toBe(200);
  expect(await process.deps.workflows.list({ machine: 'take-out' })).toEqual([]);
});
