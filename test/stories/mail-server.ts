import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';

/** A mail as it arrived. */
export interface Arrived {
  /** Addresses of the envelope, joined by a comma and a blank. */
  to: string;
  subject: string;
  text: string;
  html: string;
  /** By file name. */
  attachments: Map<string, Buffer>;
}

/** Starts a mail server on loopback that takes everything, until the test ends. Answers its address: `smtp://127.0.0.1:<port>`. */
export async function mailServer(mails: Arrived[]): Promise<string> {
  const { address, close } = await startMailServer(mails);
  onTestFinished(close);
  return address;
}

/** The same for longer than one test. */
export async function startMailServer(mails: Arrived[]): Promise<{ address: string; close(): Promise<void> }> {
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
  return {
    address: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    close: async () => await new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The link to a case's page in a mail: the same in both of its parts. */
export function linkIn({ text, html }: Pick<Arrived, 'text' | 'html'>): string {
  const link = /https?:\/\/\S+\/c\/c-[0-9a-f]{10}\/[\w-]{22}/;
  const [found = ''] = link.exec(text) ?? [];
  if (found === '' || !html.includes(`href="${found}"`))
    throw new Error('the two parts of the mail have different links');
  return found;
}

/** The code in a mail. */
export function codeIn({ text }: Pick<Arrived, 'text'>): string {
  const [, code = ''] = /^\s*([A-Z2-9]{8})\s*$/m.exec(text) ?? [];
  return code;
}
