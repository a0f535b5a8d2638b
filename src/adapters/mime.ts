import { createHash } from 'node:crypto';
import { InvalidError } from '../domain/errors.ts';
import type { Mail } from '../ports/mailer.ts';

/** Who mails are from. */
export interface Sender {
  name: string;
  address: string;
}

/** A mail as it crosses the wire. */
export interface BuiltMail {
  /** With its angle brackets, as in the header. */
  messageId: string;
  /** RFC 5322, lines end in CRLF. Equal input gives equal bytes, so that a repeated sending repeats exactly. */
  raw: Buffer;
}

const addressShape = /^[^\s@<>()[\],;:"\\\p{Cc}]{1,64}@[^\s@<>()[\],;:"\\\p{Cc}]{1,255}$/u;
/** RFC 5322 §3.2.3 dot-atom, kept to the characters that every server takes. */
const dotAtom = /^[A-Za-z0-9/_+=-]+(?:\.[A-Za-z0-9/_+=-]+)*$/;

/**
 * Builds the bytes of a mail once; what is sent is what is kept.
 *
 * The Message-ID is `<id@domain of the sender>`; an id that is no dot-atom, or too long for one, is hashed.
 *
 * @throws InvalidError when an address cannot be one (also against headers smuggled in through it)
 */
export async function buildMime(mail: Mail, from: Sender): Promise<BuiltMail> {
  const messageId = `<${messageLocalPart(mail.id)}@${domainOf(from.address)}>`;
  domainOf(mail.to.address);
  const seed = createHash('sha256').update(`${mail.id}\n${mail.to.address}\n${mail.sentAt}`).digest('hex');
  // Loaded when a mail is built: it takes 30 ms that most commands need not spend.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const composer = new MailComposer({
    from: { name: oneLine(from.name), address: from.address },
    to: { name: oneLine(mail.to.name), address: mail.to.address },
    subject: oneLine(mail.subject),
    date: new Date(mail.sentAt),
    messageId,
    text: mail.text,
    html: mail.html,
    attachments: (mail.attachments ?? []).map((part) => ({ ...part, contentDisposition: 'attachment' })),
    // RFC 3834: no out-of-office replies to a machine.
    headers: {
      'Content-Language': mail.language,
      'X-Tenure-Id': oneLine(mail.id),
      ...(mail.trace === undefined ? {} : { 'X-Tenure-Trace': oneLine(mail.trace) }),
      'Auto-Submitted': 'auto-generated',
    },
    baseBoundary: seed.slice(0, 24),
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'win',
  });
  return { messageId, raw: await composer.compile().build() };
}

function messageLocalPart(id: string): string {
  return id.length <= 120 && dotAtom.test(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, 40);
}

function domainOf(address: string): string {
  if (!addressShape.test(address)) {
    throw new InvalidError(`mail address ${JSON.stringify(address.slice(0, 320))} is not usable`, {
      hint: 'An address is name@domain without spaces, quotes or brackets.',
    });
  }
  return address.slice(address.lastIndexOf('@') + 1);
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}
