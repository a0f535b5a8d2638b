import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestHome } from '../cli/tenure.ts';
import { configureApi, serve } from './serve.ts';

it('an operator restores over HTTP, below the one folder that the server has for it', async () => {
  const home = new TestHome();
  await home.ends(0, 'init');
  const root = home.folder('restored');
  configureApi(home.dir, `{ restoreRoot: ${root} }`);
  await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'ann@acme.example');
  const data = home.folder('data');
  mkdirSync(join(data, 'deep'));
  writeFileSync(join(data, 'deep/a.txt'), 'alpha');
  await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', data);
  await home.ends(0, 'run', 'backup');
  const [{ id: snapshot } = { id: '' }] = (await home.json(0, 'snapshots')) as { id: string }[];
  const { token } = (await home.json(0, 'token', '--sub', 'olga', '--scope', 'operator')) as { token: string };
  const { url } = await serve(home.dir, { args: ['--no-schedule'] });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ask = async (body: object) =>
    await fetch(`${url}/v1/restores`, { method: 'POST', headers, body: JSON.stringify(body) });

  for (const to of ['../out', '/etc', '.hidden', 'a/b', '']) expect((await ask({ snapshot, to })).status).toBe(400);
  const begun = await ask({ snapshot, to: 'march' });
  expect(begun.status).toBe(202);
  const look = async () =>
    (await (await fetch(`${url}${begun.headers.get('location')}`, { headers })).json()) as {
      status: string;
      objects: number;
    };
  let job = await look();
  while (job.status === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    job = await look();
  }
  expect(job).toMatchObject({ status: 'done' });
  expect(readFileSync(join(root, 'march/deep/a.txt'), 'utf8')).toBe('alpha');
  // The folder holds something now.
  const again = (await (await ask({ snapshot, to: 'march' })).json()) as { id: string };
  const path = `${url}/v1/restores/${again.id}`;
  let second = { status: 'running', fault: '' };
  while (second.status === 'running') second = (await (await fetch(path, { headers })).json()) as typeof second;
  expect(second).toMatchObject({ status: 'failed', fault: expect.stringContaining('not empty') });
});
