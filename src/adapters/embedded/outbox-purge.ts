import fs from 'node:fs';
import { join } from 'node:path';
import { translateFault } from './fs-faults.ts';

/** Headers of our own mails are far shorter. */
const headerBytes = 16 * 1024;

/**
 * Removes from an outbox folder the mails with this trace, or with one below it (`t-…` also means `t-…/c-…`).
 *
 * @returns how many were removed
 */
export async function purgeOutbox(folder: string, trace: string): Promise<number> {
  if (!fs.existsSync(folder)) return 0;
  let removed = 0;
  try {
    for (const name of fs.readdirSync(folder)) {
      if (!name.endsWith('.eml')) continue;
      const found = traceOf(join(folder, name));
      if (found !== trace && found?.startsWith(`${trace}/`) !== true) continue;
      fs.unlinkSync(join(folder, name));
      removed++;
    }
  } catch (error) {
    throw translateFault(error, `cannot clear the outbox ${folder}`);
  }
  return removed;
}

function traceOf(file: string): string | undefined {
  const fd = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(headerBytes);
    const text = buffer.toString('latin1', 0, fs.readSync(fd, buffer, 0, headerBytes, 0));
    const [headers = ''] = text.split('\r\n\r\n', 1);
    // A long value stands on a line of its own (RFC 5322 §2.2.3, folding).
    return /^x-tenure-trace:\s*(\S+)/im.exec(headers)?.[1];
  } finally {
    fs.closeSync(fd);
  }
}
