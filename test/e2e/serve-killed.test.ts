import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, it, onTestFinished } from 'vitest';
import { TestHome } from '../cli/tenure.ts';
import { configureApi, serve } from './serve.ts';

interface Message {
  id: string;
  type: string;
  case?: string;
}

/** A receiver that fails the first time it is told of anything, so that the kill finds messages on their way. */
async function receiver() {
  const seen: Message[] = [];
  const failed = new Set<string>();
  let secret = '';
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      const id = String(request.headers['webhook-id']);
      if (!failed.has(id)) {
        failed.add(id);
        response.writeHead(503).end();
        return;
      }
      const { type, data } = new Webhook(secret).verify(body, request.headers as Record<string, string>) as {
        type: string;
        data: { case?: string };
      };
      seen.push({ id, type, ...(data.case === undefined ? {} : { case: data.case }) });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    take: (value: string) => {
      secret = value;
    },
  };
}

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, most = 600): Promise<T> {
  for (let tries = 0; tries < most; tries++) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}

it('a server that is killed at work goes on where it was: runs end, messages arrive, nothing twice', async () => {
  const home = new TestHome();
  await home.ends(0, 'init');
  configureApi(home.dir, '{ allowPrivateTargets: true }');
  await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'ann@acme.example');
  const folder = home.folder('data');
  for (let i = 0; i < 400; i++) writeFileSync(join(folder, `f${i}`), Buffer.alloc(40_000, `${i} `));
  await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', folder);
  const { token } = (await home.json(0, 'token', '--sub', 'olga', '--scope', 'operator', 'auditor')) as {
    token: string;
  };
  const to = await receiver();
  const call = async (url: string, method: string, path: string, body?: object, key?: string) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };

  const first = await serve(home.dir, { args: ['--no-schedule'] });
  const subscribed = await call(first.url, 'POST', '/v1/webhooks', { url: to.url, types: ['case.*'] });
  to.take(subscribed.body.secret ?? '');
  const request = { tenant: 'acme', reason: 'customer-request' };
  const opened = await call(first.url, 'POST', '/v1/cases', request, 'case-1');
  const run = await call(first.url, 'POST', '/v1/runs', { kind: 'backup' }, 'run-1');
  expect([opened.status, run.status]).toEqual([201, 202]);
  await first.end('SIGKILL');

  const second = await serve(home.dir, { args: ['--no-schedule'] });
  // Whoever had no answer asks again under the same key.
  expect((await call(second.url, 'POST', '/v1/cases', request, 'case-1')).body.id).toBe(opened.body.id);
  expect((await call(second.url, 'POST', '/v1/runs', { kind: 'backup' }, 'run-1')).body.name).toBe(run.body.name);
  await until('the run', async () => {
    const { body } = await call(second.url, 'GET', `/v1/executions/${run.body.name}`);
    return body.status === 'succeeded' ? body : undefined;
  });
  const copies = (await home.json(0, 'snapshots')) as { objects: number }[];
  expect(copies).toMatchObject([{ objects: 400 }]);
  await until('the message', () => to.seen[0]);
  await second.end('SIGTERM');
  expect(to.seen).toMatchObject([{ type: 'case.opened', case: opened.body.id }]);
  const cases = (await home.json(0, 'case', 'list')) as unknown[];
  expect(cases).toHaveLength(1);
  await home.ends(0, 'ledger', 'verify');
  await home.ends(0, 'check', '--read-data');
});

it('a scheduler that is killed while it makes the copy of a slot goes on with it: one copy for each slot', async () => {
  const home = new TestHome();
  await home.ends(0, 'init');
  const plan = join(home.dir, 'plans/unattended.yml');
  const everyMinute = 'daily: { cron: "* * * * *", windowHours: 1 }';
  writeFileSync(plan, readFileSync(plan, 'utf8').replace(/daily: \{ cron.*\}/, everyMinute));
  await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'ann@acme.example', '--plan', 'unattended');
  const folder = home.folder('data');
  for (let i = 0; i < 400; i++) writeFileSync(join(folder, `f${i}`), Buffer.alloc(40_000, `${i} `));
  await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', folder);
  const first = await serve(home.dir);
  const scheduled = await until('the slot', () => first.log.find((line) => line.includes('"scheduled":"backup-daily')));
  await first.end('SIGKILL');
  const { scheduled: run } = JSON.parse(scheduled) as { scheduled: string };

  const second = await serve(home.dir);
  await until('its copy', async () => {
    const { status } = await home.json<{ status: string }>(0, 'executions', 'show', run);
    return status === 'succeeded' ? status : undefined;
  });
  await second.end('SIGTERM');
  const runs = await home.json<{ name: string; status: string }[]>(0, 'executions', 'list', '--machine', 'backup');
  expect(runs.map(({ name }) => name)).toContain(run);
  expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['succeeded']));
  const copies = await home.json<{ cadence: string; objects: number }[]>(0, 'snapshots');
  expect(copies).toHaveLength(runs.length);
  for (const copy of copies) expect(copy).toMatchObject({ cadence: 'daily', objects: 400 });
  await home.ends(0, 'check', '--read-data');
}, 180_000);

it('what a killed server was at goes on in another one that has been there all the time, also where that keeps no schedules', async () => {
  const home = new TestHome();
  await home.ends(0, 'init');
  await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'ann@acme.example');
  const folder = home.folder('data');
  for (let i = 0; i < 400; i++) writeFileSync(join(folder, `f${i}`), Buffer.alloc(40_000, `${i} `));
  await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', folder);
  const { token } = await home.json<{ token: string }>(0, 'token', '--sub', 'olga', '--scope', 'operator');
  const other = await serve(home.dir, { args: ['--no-schedule'] });
  const first = await serve(home.dir, { args: ['--no-schedule'] });
  const started = await fetch(`${first.url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'backup' }),
  });
  const { name } = (await started.json()) as { name: string };
  await first.end('SIGKILL');
  const left = await home.json<{ status: string; killed?: true }>(0, 'executions', 'show', name);
  expect(left).toMatchObject({ status: 'running', killed: true });
  expect((await home.ends(0, 'executions', 'list')).stdout).toContain('running, but its process is gone');
  const line = JSON.stringify({ redriven: name });
  // It looks once a minute.
  await until('the other server to look', () => other.log.find((each) => each === line), 900);
  await until('the run', async () => {
    const { status } = await home.json<{ status: string }>(0, 'executions', 'show', name);
    return status === 'succeeded' ? status : undefined;
  });
  await other.end('SIGTERM');
  expect(await home.json(0, 'snapshots')).toMatchObject([{ objects: 400 }]);
}, 180_000);

it('a server that is told to stop finishes what it has begun', async () => {
  const home = new TestHome();
  await home.ends(0, 'init');
  const server = await serve(home.dir, { args: ['--no-schedule'] });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  await server.end('SIGTERM');
  expect(server.process.exitCode).toBe(0);
});
