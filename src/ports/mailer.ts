/** One file attached to a mail. */
export interface Attachment {
  filename: string;
  contentType: string;
  content: Buffer;
}

/** A mail to exactly one recipient. */
export interface Mail {
  /** Stable id of this sending, for instance `notice/<case>/<delivery>`; becomes the Message-ID and a tag. */
  id: string;
  to: { name: string; address: string };
  subject: string;
  text: string;
  html: string;
  attachments?: Attachment[];
  /** BCP 47 language, written as Content-Language. */
  language: string;
  /**
   * Whose trace the mail is: a tenant's name in the ledger, or that and a case, `t-…/c-…`. Names nobody; a store that keeps
   * mails finds them by it when the tenant or the case's scope is erased.
   */
  trace?: string;
  /** Instant of the Date header (a simulated home mails at simulated times). */
  sentAt: string;
}

/** What is known when the mail has been handed over. */
export interface MailReceipt {
  messageId: string;
  /** Under which the service that relays will report on the mail later (Amazon SES); absent where none does. */
  providerId?: string;
  /** `relayed`: given to our own relay or outbox; `accepted`: the recipient's server took it. */
  level: 'relayed' | 'accepted';
  /** The server's own words, kept as evidence. */
  response: string;
  /** The exact bytes that were sent (RFC 5322). */
  raw: Buffer;
}

/**
 * Sends mail. `send` throws InvalidError when the address is unusable or refused for good (5xx) and UnavailableError when
 * trying later may help (4xx, no connection). It may be called again with the same id after a crash: the Message-ID is
 * derived from `id`, so a recipient's server can drop the second copy (SES writes one of its own over it). The outbox writes each
 * id once.
 */
export interface Mailer {
  send(mail: Mail): Promise<MailReceipt>;
}
