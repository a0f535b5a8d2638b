import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outboxMailer } from '../../src/adapters/embedded/outbox-mailer.ts';
import { describeMailer, exampleMail } from '../contracts/mailer.ts';

const from = { name: 'Tenure', address: 'tenure@example.org' };
const freshFolder = () => join(mkdtempSync(join(tmpdir(), 'tenure-outbox-')), 'outbox');
const mails = (folder: string) => readdirSync(folder).filter((name) => !name.startsWith('.'));

describeMailer('outbox mailer', async () => {
  const folder = freshFolder();
  const arrived = () => {
    try {
      return mails(folder).map((name) => readFileSync(join(folder, name)));
    } catch {
      return [];
    }
  };
  return { mailer: outboxMailer(folder, from), once: true, arrived };
});

describe('outbox mailer', () => {
  it('names files so that they sort by time, and keeps them private', async () => {
    const folder = freshFolder();
    const mailer = outboxMailer(folder, from);
    for (const day of ['03', '01', '02']) {
      await mailer.send({ ...exampleMail, id: `reminder/${day}`, sentAt: `2027-01-${day}T08:00:00.000Z` });
    }
    const names = mails(folder).sort();
    expect(names).toHaveLength(3);
    for (const [i, name] of names.entries()) {
      expect(name).toMatch(new RegExp(`^2027010${i + 1}T080000000Z-reminder-0${i + 1}-[0-9a-f]{16}\\.eml$`));
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  });

  it('writes an id once, also when it is sent again later, and hands back the bytes of the first time', async () => {
    const folder = freshFolder();
    const first = await outboxMailer(folder, from).send(exampleMail);
    const later = { ...exampleMail, sentAt: '2027-01-01T00:00:00.000Z', text: 'changed' };
    const again = await Promise.all([outboxMailer(folder, from).send(later), outboxMailer(folder, from).send(later)]);
    expect(mails(folder)).toHaveLength(1);
    for (const receipt of again) expect(receipt.raw.equals(first.raw)).toBe(true);
  });

  it('clears what a killed process left, and never counts it as sent', async () => {
    const folder = freshFolder();
    const mailer = outboxMailer(folder, from);
    await mailer.send(exampleMail);
    writeFileSync(join(folder, '.tmp', 'half.new'), 'half a mail');
    await mailer.send({ ...exampleMail, id: 'another' });
    expect(readdirSync(join(folder, '.tmp'))).toEqual([]);
    expect(mails(folder)).toHaveLength(2);
  });

  it('says when the folder cannot be used', async () => {
    const folder = freshFolder();
    writeFileSync(folder, 'a file is in the way');
    await expect(outboxMailer(folder, from).send(exampleMail)).rejects.toMatchObject({ name: 'UnavailableError' });
  });
});
