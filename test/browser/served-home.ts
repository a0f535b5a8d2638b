import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { smtpMailer } from '../../src/adapters/embedded/smtp-mailer.ts';
import { makeApi } from '../../src/api/app.ts';
import { type MemoryHome, memoryHome, type TestProcess } from '../workflows/memory-home.ts';

/** A mail as it arrived. */
export interface Arrived {
  to: string;
  subject: string;
  text: string;
  html: string;
  attachments: Map<string, Buffer>;
}

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

async function mailServer(mails: Arrived[]): Promise<string> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        void simpleParser(Buffer.concat(pieces)).then(({ subject = '', text = '', html, attachments }) => {
          const to = session.envelope.rcptTo.map(({ address }) => address).join(', ');
          const files = new Map(attachments.map(({ filename, content }) => [filename ?? '', content]));
          mails.push({ to, subject, text, html: typeof html === 'string' ? html : '', attachments: files });
          done();
        }, done);
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => server.close());
  return `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
}

/** The link to a case's page in a mail: the same in both of its parts. */
export function linkIn({ text, html }: Arrived): string {
  const link = /http:\/\/127\.0\.0\.1:\d+\/c\/c-[0-9a-f]{10}\/[\w-]{22}/;
  const [found = ''] = link.exec(text) ?? [];
  if (!html.includes(`href="${found}"`)) throw new Error('the two parts of the mail have different links');
  return found;
}

/** The code in a mail. */
export function codeIn({ text }: Arrived): string {
  const [, code = ''] = /^\s*([A-Z2-9]{8})\s*$/m.exec(text) ?? [];
  return code;
}
