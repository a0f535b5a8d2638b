import { InvalidError, type TenureError, UnavailableError } from '../../domain/errors.ts';
import type { Mailer } from '../../ports/mailer.ts';
import { buildMime, type Sender } from '../mime.ts';
import { smtpOptions } from './smtp-options.ts';

/** How long a server may take, in milliseconds, to be reached, to greet, and to answer (RFC 5321 §4.5.3.2 is more patient). */
const timeouts = { connectionTimeout: 15_000, greetingTimeout: 15_000, socketTimeout: 60_000 };

/** Replies that are about us and not about the recipient: log in first, wrong password, mechanism refused (RFC 4954 §6). */
const aboutUs = new Set([530, 534, 535, 538]);

/**
 * Sends through our own mail server, so the level reached is `relayed`: that it took the mail, not that the recipient's did.
 *
 * What is final for the recipient (5xx to RCPT or to the mail itself) is InvalidError. Everything else may work later or
 * after the settings are mended, and is UnavailableError: a wrong password here must not make a customer undeliverable.
 *
 * @throws InvalidError for an unusable address of the server
 */
export function smtpMailer(options: { url: string; from: Sender }): Mailer {
  const server = smtpOptions(options.url);
  return {
    async send(mail) {
      const { messageId, raw } = await buildMime(mail, options.from);
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({ ...server, ...timeouts });
      try {
        const envelope = { from: options.from.address, to: [mail.to.address] };
        const { response } = await transport.sendMail({ envelope, raw });
        return { messageId, level: 'relayed', response, raw };
      } catch (error) {
        throw translateSmtp(error, `${server.host}:${server.port}`);
      } finally {
        transport.close();
      }
    },
  };
}

function translateSmtp(error: unknown, server: string): TenureError {
  const { message, code, command, responseCode, response } = fields(error);
  const detail = { cause: error, details: { server, code, command, responseCode, response } };
  const final = responseCode >= 500 && !aboutUs.has(responseCode) && !/\brelay/i.test(response);
  const aboutMail = command === 'RCPT TO' || (command === 'DATA' && code === 'EMESSAGE');
  // The address has letters that the server does not take (RFC 6531).
  const unusable = code === 'EENVELOPE' && command === 'API';
  if (unusable || (final && aboutMail)) return new InvalidError(`the mail was refused: ${response || message}`, detail);
  // 4xx is the server's own word that it will work later; anything else may be our settings.
  const passing = responseCode >= 400 && responseCode < 500;
  return new UnavailableError(`the mail server ${server} did not take the mail: ${response || message}`, {
    ...detail,
    hint: passing ? 'Try again later.' : 'Check the address, user, password and TLS settings of the mail server.',
  });
}

function fields(error: unknown) {
  const found: Record<string, unknown> = typeof error === 'object' && error !== null ? { ...error } : {};
  return {
    message: error instanceof Error ? error.message : String(error),
    code: String(found.code ?? ''),
    command: String(found.command ?? ''),
    responseCode: Number(found.responseCode ?? 0),
    response: String(found.response ?? ''),
  };
}
