import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import type { Mail, Mailer } from '../../src/ports/mailer.ts';

/** A mailer under test, and what arrived at its other end. */
export interface MailerUnderTest {
  mailer: Mailer;
  /** The mails that arrived, in order, as bytes where the other end sees bytes. */
  arrived: () => Promise<Buffer[]> | Buffer[];
  /** True when a repeated id arrives once; a relay gets it twice, with one Message-ID. */
  once: boolean;
}

/** A mail with everything in it that is hard to carry. */
export const exampleMail: Mail = {
  id: 'notice/c-0123456789/1',
  to: { name: 'Núñez, "Ana" <x>', address: 'ana@example.com' },
  subject: 'Aviso: sus datos serán eliminados el 22 de diciembre de 2026 — expediente c-0123456789, contrato nº 4711',
  text: 'Estimada señora Núñez:\n\n.\n..dos puntos\nFrom aquí\n\nhttps://example.com/?a=b=c\n€ 😀\n',
  html: `<p>Estimada señora <b>Núñez</b> &amp; Cía</p>\n<p>${'muy larga '.repeat(200)}</p>`,
  attachments: [
    {
      filename: 'certificado ñ.pdf',
      contentType: 'application/pdf',
      content: Buffer.from([0, 1, 13, 10, 46, 255, 13]),
    },
    { filename: 'certificate.json', contentType: 'application/json', content: Buffer.from('{"a":"ñ"}\n') },
  ],
  language: 'es',
  sentAt: '2026-11-22T20:00:00.000Z',
};

/**
 * What every `Mailer` must do. `open` gives a fresh one each time.
 *
 * @param options.skip titles of cases that what stands behind an adapter cannot show, each with the reason
 */
export function describeMailer(
  name: string,
  open: () => Promise<MailerUnderTest>,
  { skip = {} }: { skip?: Record<string, string> } = {},
): void {
  const test = (title: string, run: () => Promise<void>) => {
    const reason = skip[title];
    if (reason === undefined) it(title, run);
    else it.skip(`${title} (${reason})`, run);
  };

  describe(`${name} keeps the contract of Mailer`, () => {
    test('sends exactly the bytes that it hands back', async () => {
      const { mailer, arrived } = await open();
      const receipt = await mailer.send(exampleMail);
      expect(receipt.level).toBe('relayed');
      expect(receipt.response).not.toBe('');
      expect(await arrived()).toEqual([receipt.raw]);
    });

    test('carries text, HTML, attachments, language, date and names through MIME', async () => {
      const { mailer } = await open();
      const { raw, messageId } = await mailer.send(exampleMail);
      const parsed = await simpleParser(raw);
      expect(parsed.messageId).toBe(messageId);
      expect(messageId).toMatch(/^<notice\/c-0123456789\/1@[^@>]+>$/);
      expect(parsed.subject).toBe(exampleMail.subject);
      expect(parsed.to).toMatchObject({ value: [{ address: 'ana@example.com', name: exampleMail.to.name }] });
      expect(parsed.text?.trim()).toBe(exampleMail.text.trim());
      expect(parsed.html).toContain('Estimada señora <b>Núñez</b> &amp; Cía');
      expect(parsed.date?.toISOString()).toBe(exampleMail.sentAt);
      expect(parsed.headers.get('content-language')).toBe('es');
      expect(parsed.headers.get('x-tenure-id')).toBe(exampleMail.id);
      expect(parsed.headers.get('auto-submitted')).toBe('auto-generated');
      expect(parsed.attachments.map(({ filename }) => filename)).toEqual(['certificado ñ.pdf', 'certificate.json']);
      for (const [i, { content }] of parsed.attachments.entries()) {
        expect(content.equals(exampleMail.attachments![i]!.content)).toBe(true);
      }
    });

    test('ends every line in CRLF, and keeps lines below 998 bytes (RFC 5322 §2.1.1)', async () => {
      const { mailer } = await open();
      const { raw } = await mailer.send(exampleMail);
      const text = raw.toString('latin1');
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      expect(Math.max(...text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
      expect(text).toMatch(/^[\t\r\n\x20-\x7e]*$/);
    });

    test('repeats a sending byte for byte', async () => {
      const { mailer, arrived, once } = await open();
      const first = await mailer.send(exampleMail);
      const second = await mailer.send(exampleMail);
      expect(second.messageId).toBe(first.messageId);
      expect(second.raw.equals(first.raw)).toBe(true);
      expect(await arrived()).toHaveLength(once ? 1 : 2);
    });

    test('gives another id another Message-ID, also one that is no word', async () => {
      const { mailer } = await open();
      const ids = ['notice/c-1/1', 'notice/c-1/2', 'weird id <x@y>', 'weird id <x@z>', `long/${'x'.repeat(300)}`, '..'];
      const seen = new Set<string>();
      for (const id of ids) seen.add((await mailer.send({ ...exampleMail, id })).messageId);
      expect(seen.size).toBe(ids.length);
      for (const messageId of seen) expect(messageId).toMatch(/^<[A-Za-z0-9/_.+=-]{1,120}@[a-z.]+>$/);
    });

    it.each([
      '',
      'nobody',
      'a@',
      '@b',
      'a b@c.org',
      'a@b.org\r\nBcc: x@y.org',
      'a@b.org,c@d.org',
      '"a"@b.org',
      'a@b@c.org',
      '<a@b.org>',
    ])('refuses the address %j for good, and sends nothing', async (address) => {
      const { mailer, arrived } = await open();
      const sending = mailer.send({ ...exampleMail, to: { name: 'X', address } });
      await expect(sending).rejects.toMatchObject({ name: 'InvalidError' });
      expect(await arrived()).toEqual([]);
    });

    test('lets nobody smuggle headers in through names, subjects or ids', async () => {
      const { mailer } = await open();
      const evil = 'x\r\nBcc: victim@example.com\r\n\r\nbody';
      const { raw } = await mailer.send({
        ...exampleMail,
        id: evil,
        subject: evil,
        to: { ...exampleMail.to, name: evil },
      });
      const parsed = await simpleParser(raw);
      expect(parsed.bcc).toBeUndefined();
      expect(parsed.headers.has('bcc')).toBe(false);
      expect(parsed.to).toMatchObject({ value: [{ address: 'ana@example.com' }] });
    });
  });
}
