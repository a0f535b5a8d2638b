import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { onTestFinished } from 'vitest';
import { smtpMailer } from '../../src/adapters/embedded/smtp-mailer.ts';
import { makeApi } from '../../src/api/app.ts';
import { type Arrived, mailServer } from '../stories/mail-server.ts';
import { type MemoryHome, memoryHome, type TestProcess } from '../workflows/memory-home.ts';

/** A home whose API is reached over HTTP, and whose mails arrive at a real server. */
export interface ServedHome {
  home: MemoryHome;
  process: TestProcess;
  url: string;
  /** What has arrived so far, oldest first. */
  mails: Arrived[];
}

/** Serves a home in memory on a free port, until the test ends. */
export async function servedHome(options: { simulated?: boolean } = {}): Promise<ServedHome> {
  const mails: Arrived[] = [];
  const smtp = await mailServer(mails);
  const home = await memoryHome(options);
  const mailer = smtpMailer({ url: smtp, from: { name: 'Tenure', address: 'tenure@example.org' } });
  const process = home.process({ change: () => ({ mailer }) });
  const app = makeApi({ deps: () => process.deps, addressOf: () => 'test', log: () => undefined });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  onTestFinished(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(process.deps.settings, { publicUrl: url });
  return { home, process, url, mails };
}
