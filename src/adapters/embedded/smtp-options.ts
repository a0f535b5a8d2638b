import { InvalidError } from '../../domain/errors.ts';

/** What nodemailer wants to know about a server. */
export interface SmtpOptions {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps:`). */
  secure: boolean;
  /** STARTTLS or nothing is sent. */
  requireTLS: boolean;
  /** No STARTTLS even where it is offered. */
  ignoreTLS: boolean;
  auth?: { user: string; pass: string };
}

/**
 * Reads `smtps://user:password@host[:465]` or `smtp://user:password@host[:587]`. Mails carry particulars of customers, so
 * they leave the machine over TLS only: `smtp:` asks for STARTTLS, except to the machine itself (`?tls=on` asks there too),
 * or with `?tls=off`, which is for a network that is trusted.
 *
 * @throws InvalidError; the message never carries the password
 */
export function smtpOptions(text: string): SmtpOptions {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') {
    throw new InvalidError('the address of the mail server is not usable', {
      hint: 'Write it like smtps://user:password@mail.example.com, special characters percent-encoded.',
    });
  }
  const tls = url.searchParams.get('tls');
  const unknown = [...url.searchParams.keys()].filter((name) => name !== 'tls');
  if (unknown.length > 0 || !['on', 'off', null].includes(tls)) {
    throw new InvalidError(`the address of the mail server has options that are not known: ${url.search}`, {
      hint: 'The only option is ?tls=on or ?tls=off.',
    });
  }
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const plain = !secure && (tls === 'off' || (tls === null && isLoopback(host)));
  const user = decodeURIComponent(url.username);
  return {
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && !plain,
    ignoreTLS: plain,
    ...(user !== '' && { auth: { user, pass: decodeURIComponent(url.password) } }),
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
