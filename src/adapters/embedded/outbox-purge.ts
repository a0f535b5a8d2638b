import fs from 'node:fs';
import { join } from 'node:path';
import { translateFault } from './fs-faults.ts';

/** Headers of our own mails are far shorter. */
const headerBytes = 16 * 1024;

/**
 * Removes mails from an outbox folder by their Message-IDs (with angle brackets). What is not there is gone already.
 *
 * @returns how many were removed
 */
export async function purgeOutbox(folder: string, messageIds: readonly string[]): Promise<number> {
  const wanted = new Set(messageIds);
  if (wanted.size === 0 || !fs.existsSync(folder)) return 0;
  let removed = 0;
  try {
    for (const name of fs.readdirSync(folder)) {
      if (!name.endsWith('.eml') || !wanted.has(messageIdOf(join(folder, name)) ?? '')) continue;
      fs.unlinkSync(join(folder, name));
      removed++;
    }
  } catch (error) {
    throw translateFault(error, `cannot clear the outbox ${folder}`);
  }
  return removed;
}

function messageIdOf(file: string): string | undefined {
  const fd = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(headerBytes);
    const text = buffer.toString('latin1', 0, fs.readSync(fd, buffer, 0, headerBytes, 0));
    const [headers = ''] = text.split('\r\n\r\n', 1);
    // A long id stands on a line of its own (RFC 5322 §2.2.3, folding).
    return /^message-id:\s*(<[^>]*>)/im.exec(headers)?.[1];
  } finally {
    fs.closeSync(fd);
  }
}
