import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Mailer } from '../../ports/mailer.ts';
import { buildMime, type Sender } from '../mime.ts';
import { translateFault } from './fs-faults.ts';
import { withProcessLock } from './process-lock.ts';
import { createSecret, syncFolder } from './secret-files.ts';

/**
 * A folder that mails are put into as `.eml` files (0600), for somebody to send or to read. Names sort by time:
 * `20261122T200000000Z-notice-c-0123456789-<hash of the id>.eml`. An id is written once, whoever sends it again and
 * whenever; the receipt then carries the bytes of the first time.
 *
 * A file appears whole or not at all; what a killed process left lies in `.tmp` and is cleared with the next mail.
 *
 * @param folder made (0700) when it is missing
 */
export function outboxMailer(folder: string, from: Sender): Mailer {
  const outbox = resolve(folder);
  return {
    async send(mail) {
      const built = await buildMime(mail, from);
      try {
        const made = fs.mkdirSync(join(outbox, '.tmp'), { recursive: true, mode: 0o700 });
        if (made !== undefined) syncFolder(dirname(made));
        return withProcessLock(join(outbox, '.lock'), () => {
          clearTemps(join(outbox, '.tmp'));
          const suffix = `-${createHash('sha256').update(mail.id).digest('hex').slice(0, 16)}.eml`;
          const earlier = fs.readdirSync(outbox).find((name) => name.endsWith(suffix));
          const name = earlier ?? nameOf(mail.sentAt, mail.id) + suffix;
          if (earlier === undefined) createSecret(join(outbox, '.tmp'), join(outbox, name), built.raw);
          const raw = earlier === undefined ? built.raw : fs.readFileSync(join(outbox, name));
          return {
            messageId: built.messageId,
            level: 'relayed' as const,
            response: `kept in the outbox as ${name}`,
            raw,
          };
        });
      } catch (error) {
        throw translateFault(error, `cannot write to the outbox ${outbox}`);
      }
    },
  };
}

function nameOf(sentAt: string, id: string): string {
  const time = new Date(sentAt).toISOString().replace(/[-:.]/g, '');
  return `${time}-${id.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 80)}`;
}

/** Mails are no keys: removing is enough. */
function clearTemps(temps: string): void {
  for (const name of fs.readdirSync(temps)) fs.unlinkSync(join(temps, name));
}
