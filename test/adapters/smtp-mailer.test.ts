import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { smtpMailer } from '../../src/adapters/embedded/smtp-mailer.ts';
import { smtpOptions } from '../../src/adapters/embedded/smtp-options.ts';
import { describeMailer, exampleMail } from '../contracts/mailer.ts';

const from = { name: 'Tenure', address: 'tenure@example.org' };
const open: { close: () => void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** A real server on this machine; what arrives is kept byte for byte. */
async function smtpServer(options: SMTPServerOptions = {}) {
  const arrived: { raw: Buffer; from: string; to: string[] }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const sender = mailFrom === false ? '' : mailFrom.address;
        arrived.push({ raw: Buffer.concat(pieces), from: sender, to: rcptTo.map(({ address }) => address) });
        done();
      });
    },
    ...options,
  });
  // A client that goes away in the middle is an error for the server, not for the test.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  open.push(server);
  const { port } = server.server.address() as AddressInfo;
  return { arrived, port, url: `smtp://127.0.0.1:${port}` };
}

const reply = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code });

describeMailer('smtp mailer', async () => {
  const { url, arrived } = await smtpServer();
  return { mailer: smtpMailer({ url, from }), once: false, arrived: () => arrived.map(({ raw }) => raw) };
});

describe('smtp mailer', () => {
  it('names sender and recipient to the server, and keeps its words', async () => {
    const { url, arrived } = await smtpServer();
    const { response } = await smtpMailer({ url, from }).send(exampleMail);
    expect(arrived).toMatchObject([{ from: 'tenure@example.org', to: ['ana@example.com'] }]);
    expect(response).toMatch(/^250 /);
  });

  it.each<[string, SMTPServerOptions, string]>([
    ['no such mailbox', { onRcptTo: (_to, _session, done) => done(reply(550, 'No such user')) }, 'InvalidError'],
    [
      'mailbox full for now',
      { onRcptTo: (_to, _session, done) => done(reply(452, 'Mailbox full')) },
      'UnavailableError',
    ],
    ['greylisted', { onRcptTo: (_to, _session, done) => done(reply(451, 'Greylisted')) }, 'UnavailableError'],
    [
      'we may not relay',
      { onRcptTo: (_to, _session, done) => done(reply(554, 'Relay access denied')) },
      'UnavailableError',
    ],
    [
      'log in first',
      { onMailFrom: (_from, _session, done) => done(reply(530, 'Authentication required')) },
      'UnavailableError',
    ],
    [
      'sender refused',
      { onMailFrom: (_from, _session, done) => done(reply(550, 'Sender refused')) },
      'UnavailableError',
    ],
    ['we are blocked', { onConnect: (_session, done) => done(reply(554, 'Go away')) }, 'UnavailableError'],
    ['mail refused as it is', { onData: refuseData(554, 'Message rejected as spam') }, 'InvalidError'],
    ['mail refused for now', { onData: refuseData(451, 'Try again later') }, 'UnavailableError'],
  ])('tells what is final from what is not: %s', async (_case, options, name) => {
    const { url, arrived } = await smtpServer(options);
    await expect(smtpMailer({ url, from }).send(exampleMail)).rejects.toMatchObject({ name });
    expect(arrived).toEqual([]);
  });

  it('logs in, and does not make a customer undeliverable by a wrong password', async () => {
    const server = await smtpServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) =>
        username === 'us er' && password === 'p@ss:ñ' ? done(null, { user: 'ok' }) : done(reply(535, 'Wrong password')),
    });
    const url = (password: string) => `smtp://us%20er:${encodeURIComponent(password)}@127.0.0.1:${server.port}`;
    await smtpMailer({ url: url('p@ss:ñ'), from }).send(exampleMail);
    expect(server.arrived).toHaveLength(1);
    const refused = await smtpMailer({ url: url('wrong-secret'), from })
      .send(exampleMail)
      .catch((error) => error);
    expect(refused).toMatchObject({ name: 'UnavailableError', hint: expect.stringContaining('password') });
    expect(JSON.stringify([refused.message, refused.details])).not.toContain('wrong-secret');
  });

  it('can try later when nobody answers, or somebody hangs up', async () => {
    const unused = await smtpServer();
    open.splice(open.indexOf(open.at(-1)!), 1)[0]!.close();
    const silent = smtpMailer({ url: unused.url, from }).send(exampleMail);
    await expect(silent).rejects.toMatchObject({ name: 'UnavailableError' });
    const rude = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', () => resolve()));
    open.push(rude);
    const url = `smtp://127.0.0.1:${(rude.address() as AddressInfo).port}`;
    await expect(smtpMailer({ url, from }).send(exampleMail)).rejects.toMatchObject({ name: 'UnavailableError' });
  });

  it('refuses what is no address of a server', () => {
    for (const url of [
      '',
      'mail.example.com',
      'http://mail.example.com',
      'smtp://',
      'smtp://h?tls=maybe',
      'smtp://h?x=1',
    ]) {
      expect(() => smtpMailer({ url, from }), url).toThrow(expect.objectContaining({ name: 'InvalidError' }));
    }
  });
});

describe('smtp options', () => {
  it.each([
    ['smtps://mail.example.com', { port: 465, secure: true, requireTLS: false, ignoreTLS: false }],
    ['smtp://mail.example.com', { port: 587, secure: false, requireTLS: true, ignoreTLS: false }],
    ['smtp://mail.example.com:25?tls=off', { port: 25, secure: false, requireTLS: false, ignoreTLS: true }],
    ['smtp://localhost:25', { port: 25, secure: false, requireTLS: false, ignoreTLS: true }],
    ['smtp://[::1]:25', { host: '::1', requireTLS: false }],
    ['smtp://127.0.0.1.example.com', { requireTLS: true }],
    ['smtp://u%40x:p%3Aw@mail.example.com', { auth: { user: 'u@x', pass: 'p:w' } }],
  ])('lets nothing leave the machine without TLS: %s', (url, expected) => {
    expect(smtpOptions(url)).toMatchObject(expected);
  });

  it('sends nothing to a server that offers no TLS where TLS is asked for', async () => {
    const { port, arrived } = await smtpServer();
    const mailer = smtpMailer({ url: `smtp://127.0.0.1:${port}?tls=on`, from });
    const refused = await mailer.send(exampleMail).catch((error) => error);
    expect(refused).toMatchObject({ name: 'UnavailableError', details: { command: 'STARTTLS' } });
    expect(arrived).toEqual([]);
  });

  it('sends nothing to a server whose certificate nobody vouches for', async () => {
    const { port, arrived } = await smtpServer({ disabledCommands: [] });
    const refused = await smtpMailer({ url: `smtp://127.0.0.1:${port}?tls=on`, from })
      .send(exampleMail)
      .catch((e) => e);
    expect(refused).toMatchObject({ name: 'UnavailableError', hint: expect.stringContaining('TLS') });
    expect(arrived).toEqual([]);
    // The same server does take it in the clear, where that is wanted.
    await smtpMailer({ url: `smtp://127.0.0.1:${port}`, from }).send(exampleMail);
    expect(arrived).toHaveLength(1);
  });
});

function refuseData(code: number, text: string): NonNullable<SMTPServerOptions['onData']> {
  return (stream, _session, done) => {
    stream.resume();
    stream.on('end', () => done(reply(code, text)));
  };
}
