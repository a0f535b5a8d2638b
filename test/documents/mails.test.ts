import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MailData, MailName } from '../../src/documents/render-mail.ts';
import { renderMail } from '../../src/documents/render-mail.ts';
import type { Locale } from '../../src/domain/tenant.ts';
import { context, mailNames, samples } from './mail-samples.ts';

const locales: Locale[] = ['es', 'en', 'de'];
const every = mailNames.flatMap((name) => locales.map((locale) => [name, locale] as const));

function sample<Name extends MailName>(name: Name): MailData[Name] & typeof context {
  return { ...samples[name], ...context };
}

/** Words of an HTML body, tags dropped and entities read back. */
function words(html: string): string[] {
  const body = html.slice(html.indexOf('<body'));
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
  return body
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => entities[name]!)
    .split(/[\s:]+/)
    .filter((word) => word !== '');
}

describe.each(every)('mail %s in %s', (name, locale) => {
  const mail = renderMail(name, locale, sample(name));

  it('has a subject, a greeting by name and the operator’s address', () => {
    expect(mail.subject).toMatch(/\S.{10,}/);
    expect(mail.text).toContain('Ana Torres');
    expect(mail.text).toContain('datos@operator.example');
    expect(mail.html).toContain(`<html lang="${locale}">`);
  });

  it('leaves nothing unsaid and nothing raw', () => {
    for (const part of [mail.subject, mail.text, mail.html]) {
      expect(part).not.toMatch(/undefined|NaN|\[object|\$\{|Invalid Date|\d{4}-\d{2}-\d{2}T/);
    }
  });

  it('says the same as text and as HTML', () => {
    const text = mail.text
      .split('\n')
      .filter((line) => !/^-+$/.test(line))
      .join('\n');
    const textWords = text
      .replace(/^\s*- /gm, ' ')
      .split(/[\s:]+/)
      .filter((word) => word !== '');
    expect(words(mail.html)).toEqual(textWords);
  });

  it('is written in its own language', () => {
    const others = locales.filter((other) => other !== locale).map((other) => renderMail(name, other, sample(name)));
    for (const other of others) {
      expect(other.text).not.toBe(mail.text);
      expect(other.subject).not.toBe(mail.subject);
    }
  });

  it('marks what is only simulated', () => {
    const simulated = renderMail(name, locale, { ...sample(name), simulation: true });
    expect(simulated.subject).toMatch(/^\[SIMULACIÓN\]|^\[SIMULATION\]/);
    expect(simulated.text).toMatch(/SIMULACIÓN|SIMULATION/);
    expect(mail.text).not.toMatch(/SIMULACIÓN|SIMULATION/);
  });

  it('promises nothing that a certificate may not', () => {
    expect(mail.text).not.toMatch(/irrecuperable|irrecoverable|unwiederbringlich|NIST-certified/i);
  });
});

describe('notice', () => {
  it.each([
    [
      'es',
      [
        '22 de diciembre de 2026, 23:59 (America/Bogota)',
        '30 de diciembre de 2026, 00:00',
        '46.507 objetos',
        '1,74 GB',
        '38 copias',
        'falta de pago',
        '1234,50',
        'Oponerse',
        'Pagar',
        'Exportar',
      ],
    ],
    [
      'en',
      [
        '22 December 2026, 23:59 (America/Bogota)',
        '30 December 2026, 00:00',
        '46,507 objects',
        '1.74 GB',
        '38 copies',
        'non-payment',
        '€1,234.50',
        'Object',
        'Pay',
        'Export',
      ],
    ],
    [
      'de',
      [
        '22. Dezember 2026, 23:59 (America/Bogota)',
        '30. Dezember 2026, 00:00',
        '46.507 Objekte',
        '1,74 GB',
        '38 Kopien',
        'Zahlungsverzug',
        '1.234,50',
        'Widersprechen',
        'Zahlen',
        'Exportieren',
      ],
    ],
  ] as const)(
    'in %s names what, when in local time, why, on whose authority, and the ways to respond',
    (locale, wanted) => {
      const { text } = renderMail('notice', locale, sample('notice'));
      const common = ['c-0123456789', 'Acme Ltda. (acme)', '/srv/acme/documents', 'Clause 9.2', 'AG-2024-17', 'F-1001'];
      for (const word of [...wanted, ...common]) expect(text).toContain(word);
    },
  );

  it('offers what fits the reason', () => {
    expect(renderMail('notice', 'en', { ...sample('notice'), reason: 'obsolete' }).text).toContain('Keep: ');
    expect(renderMail('notice', 'en', { ...sample('notice'), reason: 'obsolete' }).text).not.toContain('Pay: ');
    expect(renderMail('notice', 'en', { ...sample('notice'), reason: 'customer-request' }).text).toContain('Cancel: ');
  });

  it('leads to the page for a copy, and to where invoices are paid, once there are such addresses', () => {
    const addresses = {
      link: 'https://tenure.example.com/c/c-0123456789/x',
      paymentUrl: 'https://pay.example.com/acme',
    };
    for (const locale of locales) {
      const plain = renderMail('notice', locale, sample('notice')).text;
      const { text } = renderMail('notice', locale, { ...sample('notice'), ...addresses });
      expect(text).toContain('\n    https://pay.example.com/acme\n');
      expect(text).toContain(
        locale === 'en' ? 'download a copy of the data from the page of the case' : addresses.link,
      );
      expect(plain).not.toMatch(/pay\.example|download a copy|descargar una copia|herunterladen/);
      const obsolete = renderMail('notice', locale, { ...sample('notice'), ...addresses, reason: 'obsolete' }).text;
      expect(obsolete).not.toContain('pay.example.com');
    }
  });

  it('lists the paths in scope, and counts what does not fit', () => {
    const paths = Array.from({ length: 53 }, (_, i) => `folder/file-${i}.txt`);
    const { text } = renderMail('notice', 'en', {
      ...sample('notice'),
      scope: { tenant: 'acme', source: 'documents', paths },
    });
    expect(text).toContain('folder/file-49.txt');
    expect(text).not.toContain('folder/file-50.txt');
    expect(text).toContain('and 3 paths more');
  });
});

describe('counting', () => {
  it.each([
    ['es', 'queda 1 día', 'de un día'],
    ['en', '1 day left', 'of one day'],
    ['de', 'noch 1 Tag Frist', 'von einem Tag'],
  ] as const)('in %s one day is one day', (locale, subject, body) => {
    expect(renderMail('reminder', locale, { ...sample('reminder'), daysLeft: 1 }).subject).toContain(subject);
    expect(renderMail('confirm-code', locale, { ...sample('confirm-code'), coolingOffDays: 1 }).text).toContain(body);
  });
});

describe('foreign text in a mail', () => {
  it('is escaped in HTML', () => {
    const { html } = renderMail('notice', 'en', {
      ...sample('notice'),
      tenant: { id: 'acme', name: '<script>alert("x")</script> & Sons' },
    });
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; Sons');
  });

  it('cannot forge a line, a header or the direction of writing', () => {
    const { subject, text } = renderMail('backup-failed', 'en', {
      ...sample('backup-failed'),
      source: 'x\r\nBcc: spy@example.com',
      reason: 'photo\u202egpj.exe\u2028Dear Ana,',
    });
    expect(subject).not.toMatch(/[\r\n]/);
    expect(text).not.toMatch(/^Bcc/m);
    expect(text).toContain('photo\\u{202e}gpj.exe\\u{2028}Dear Ana,');
  });

  it('never opens a tag or breaks a line, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (name) => {
        const plain = renderMail('cancellation', 'en', sample('cancellation'));
        const mail = renderMail('cancellation', 'en', { ...sample('cancellation'), recipient: name });
        expect(mail.html.split('<').length).toBe(plain.html.split('<').length);
        expect(mail.text.split('\n').length).toBe(plain.text.split('\n').length);
      }),
    );
  });
});
