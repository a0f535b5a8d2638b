import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ParsedMail, simpleParser } from 'mailparser';
import type { TestHome } from './tenure.ts';

/** Every mail in the outbox of a home, oldest first. */
export async function readMails(home: TestHome): Promise<ParsedMail[]> {
  const folder = join(home.dir, 'outbox');
  const names = readdirSync(folder).filter((name) => name.endsWith('.eml'));
  return await Promise.all(names.sort().map((name) => simpleParser(readFileSync(join(folder, name)))));
}
