import { buildMime } from '../../src/adapters/mime.ts';
import { InvalidError, UnavailableError } from '../../src/domain/errors.ts';
import type { Mail, Mailer } from '../../src/ports/mailer.ts';

/** A mailer that keeps what it sent, in order; the same id again counts once. */
export interface MemoryMailer extends Mailer {
  sent: Mail[];
  /** Their bytes. */
  raw: Buffer[];
  /** Addresses that are refused for good. */
  refused: Set<string>;
  /** While true, every sending fails and may succeed later. */
  down: boolean;
}

/** Level `relayed`, as the outbox. */
export function memoryMailer(): MemoryMailer {
  const mailer: MemoryMailer = {
    sent: [],
    raw: [],
    refused: new Set(),
    down: false,
    async send(mail) {
      if (mailer.down) throw new UnavailableError('the mail server does not answer');
      if (mailer.refused.has(mail.to.address)) throw new InvalidError(`550 ${mail.to.address}: no such mailbox`);
      const { messageId, raw } = await buildMime(mail, { name: 'Tenure', address: 'tenure@example.org' });
      if (!mailer.sent.some((earlier) => earlier.id === mail.id)) {
        mailer.sent.push({ ...mail });
        mailer.raw.push(raw);
      }
      return { messageId, level: 'relayed', response: 'kept in memory', raw };
    },
  };
  return mailer;
}
