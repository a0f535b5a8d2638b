import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A mail as it arrived, with what Tenure and Amazon SES call it. */
export interface Arrived {
  /** `X-Tenure-Id`: the same for the same mail, however often it is sent. */
  id: string;
  /** Id that SES gave it, without the address part. */
  sesId: string;
  to: string[];
  mail: ParsedMail;
}

/** Where an emulator relays what is sent through its SES. */
export interface Mailbox {
  /** `127.0.0.1:<port>`, for ministack's SMTP_HOST. */
  address: string;
  arrived: Arrived[];
  close(): Promise<void>;
}

/** Starts a mail server on loopback that takes everything. */
export async function mailbox(): Promise<Mailbox> {
  const arrived: Arrived[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, { envelope }, done) {
      buffer(stream)
        .then(async (raw) => await simpleParser(raw))
        .then((mail) => {
          const to = envelope.rcptTo.map(({ address }) => address);
          const sesId = (mail.messageId ?? '').replace(/^<|>$/g, '');
          arrived.push({ id: String(mail.headers.get('x-tenure-id')), sesId, to, mail });
          done();
        })
        .catch(done);
    },
  });
  // A client that goes away in the middle is an error for the server, not for the test.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    address: `127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    arrived,
    close: async () => await new Promise((resolve) => server.close(() => resolve())),
  };
}
