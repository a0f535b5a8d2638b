import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { addDays } from '../../src/domain/calendar.ts';
import { freePort } from '../aws/emulators/free-port.ts';
import { TestHome } from '../cli/tenure.ts';
import { spawnCurl } from '../stories/curl.ts';
import { customerStory } from '../stories/customer-story.ts';
import { type Arrived, mailServer } from '../stories/mail-server.ts';
import { nonPaymentStory } from '../stories/non-payment-story.ts';
import type { Stage } from '../stories/stage.ts';
import { filesBelow } from './program.ts';
import { configureApi, serve } from './serve.ts';

/** `tenure serve` on a simulated home, whose mails go to a real server and whose clock is moved by the command line beside it. */
async function embedded(): Promise<Stage> {
  const home = new TestHome();
  let now = '2026-11-22T12:00:00.000Z';
  const mails: Arrived[] = [];
  const smtp = await mailServer(mails);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await home.ends(0, 'init', '--now', now, '--operator-email', 'operator@tenure.example');
  const config = join(home.dir, 'tenure.yml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('\n  transport: outbox', `\n  transport: ${smtp}`));
  configureApi(home.dir, `{ publicUrl: ${url}, limits: { perCaller: 100000, perAddress: 100000 } }`);
  await serve(home.dir, { args: ['--port', String(port)] });
  const made = new Map<string, Readonly<Record<string, string>>>();
  const place = (tenant: string, name: string) => join(home.beside, 'data', tenant, name);
  return {
    url,
    curl: spawnCurl,
    mails: () => mails,
    passTime: async (days) => {
      now = addDays(now, days);
      await home.ends(0, '--now', now, 'resume');
    },
    token: async ({ sub, scope, tenant, mfa }) => {
      const more = [...(tenant === undefined ? [] : ['--tenant', tenant]), ...(mfa === true ? ['--mfa'] : [])];
      return (await home.ends(0, 'token', '--sub', sub, '--scope', scope, ...more)).stdout.trim();
    },
    apiKey: async ({ name, owner, scope }) => {
      const { key } = await home.json<{ key: string }>(
        0,
        'api-key',
        'create',
        name,
        '--owner',
        owner,
        '--scope',
        scope,
      );
      return key;
    },
    addSource: async (tenant, name, files) => {
      const folder = home.folder('data', tenant, name);
      for (const [path, content] of Object.entries(files)) {
        home.folder('data', tenant, name, path, '..');
        writeFileSync(join(folder, path), content);
      }
      made.set(folder, files);
      await home.ends(0, 'source', 'add', tenant, name, '--directory', folder);
    },
    expectSourceWhole: async (tenant, name) => {
      const folder = place(tenant, name);
      const files = made.get(folder) ?? {};
      expect(filesBelow(folder)).toEqual(
        Object.keys(files)
          .map((path) => join(folder, path))
          .sort(),
      );
      for (const [path, content] of Object.entries(files))
        expect(readFileSync(join(folder, path), 'utf8')).toBe(content);
    },
    expectSourceGone: async (tenant, name) => expect(existsSync(place(tenant, name))).toBe(false),
    expectCopiesGone: async (tenant) =>
      expect(filesBelow(join(home.dir, 'repository')).filter((path) => path.includes(`/${tenant}/`))).toEqual([]),
    folder: home.folder('curl'),
  };
}

it('a customer leaves, another keeps what is its own: over HTTP alone, with curl', async () => {
  await customerStory(await embedded(), 'a');
}, 150_000);

it('an unpaid account is noticed, reminded, approved and erased, a paid one is not: over HTTP alone, with curl', async () => {
  await nonPaymentStory(await embedded(), 'a');
}, 150_000);
