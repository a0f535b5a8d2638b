import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { ApiEnv } from '../../src/api/api.ts';
import { streamed } from '../../src/api/stream-answer.ts';
import { CorruptError } from '../../src/domain/errors.ts';

const path = '/srv/ann@acme.example/letter.txt';

/** What is written to the log, and what a client gets, when content ends in an error after so many pieces. */
async function broken(error: unknown, pieces: number) {
  const logged = vi.spyOn(console, 'error').mockReturnValue().mockClear();
  onTestFinished(() => logged.mockRestore());
  const app = new Hono<ApiEnv>();
  app.get('/', (c) => {
    c.set('requestId', 'request-1');
    const content = async function* () {
      for (let n = 0; n < pieces; n++) {
        yield Buffer.alloc(1000, 'x');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw error;
    };
    return c.body(streamed(c, content()), 200);
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const answer = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const got = await answer.then(async (it) => `${it.status} ${await it.text()}`).catch(() => 'broken off');
  return { got, logged: logged.mock.calls.map(([each]) => (each instanceof Error ? each.stack : String(each))) };
}

it.each<[unknown, string]>([
  [new CorruptError(`${path} is damaged`), 'CorruptError (corrupt)'],
  [Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' }), 'Error (ENOENT)'],
  [path, 'string'],
])('an answer that breaks off for %s is logged without what the error says', async (error, told) => {
  for (const pieces of [0, 5]) {
    const { got, logged } = await broken(error, pieces);
    expect(logged).toEqual([`AnswerBroken: the answer to request-1 broke off: ${told}`]);
    expect(got).not.toContain('acme');
    if (pieces > 0) expect(got).toBe('broken off');
  }
});
