import { randomBytes } from 'node:crypto';
import { PDFDocument } from '@cantoo/pdf-lib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateDigest, certificateJson, verificationString } from '../../src/documents/certificate-file.ts';
import { certificatePdf } from '../../src/documents/certificate-pdf.ts';
import { certificateWords } from '../../src/documents/certificate-words.ts';
import type { FlattenedJws, JwkSet } from '../../src/documents/jws.ts';
import { verifyCertificate } from '../../src/documents/verify-certificate.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { type CertificateContent, certificateWording } from '../../src/domain/certificate.ts';
import type { Locale } from '../../src/domain/tenant.ts';
import { memoryKeyStore } from '../memory-ports.ts';
import { content } from './certificate-sample.ts';
import { pdfText } from './pdf-text.ts';

const locales: Locale[] = ['es', 'en', 'de'];
const signer = memoryKeyStore();
let jwks: JwkSet;
let json: Buffer;
let jws: FlattenedJws;
const pdfs = {} as Record<Locale, Buffer>;

beforeAll(async () => {
  jwks = { keys: await signer.publicKeys() };
  ({ file: json, jws } = await certificateJson(content, signer));
  for (const locale of locales) pdfs[locale] = await certificatePdf(content, jws, signer, locale);
});

function flip(file: Buffer, position: number, bit: number): Buffer {
  const changed = Buffer.from(file);
  changed[position]! ^= 1 << bit;
  return changed;
}

/** The file with one of its members changed, written as JSON again. */
function edited(change: (file: { certificate: CertificateContent } & FlattenedJws) => void): Buffer {
  const file = JSON.parse(json.toString('utf8'));
  change(file);
  return Buffer.from(`${JSON.stringify(file, null, 2)}\n`, 'utf8');
}

describe('certificate as JSON', () => {
  it('verifies with the public key, and gives its content back', async () => {
    expect(await verifyCertificate(json, jwks)).toEqual({
      ok: true,
      kind: 'json',
      content,
      kid: jwks.keys[0]!.kid,
      problems: [],
    });
  });

  it('signs the canonical content, and shows it beside', () => {
    const file = JSON.parse(json.toString('utf8'));
    expect(Buffer.from(file.payload, 'base64url').toString('utf8')).toBe(canonicalJson(content));
    expect(file.certificate).toEqual(content);
    expect(JSON.parse(Buffer.from(file.protected, 'base64url').toString('utf8'))).toEqual({
      alg: 'ES256',
      kid: jwks.keys[0]!.kid,
      typ: 'tenure-certificate+jws',
    });
  });

  it('names the places at which the readable copy was changed', async () => {
    const forged = edited(({ certificate }) => {
      certificate.customer.name = 'Somebody else';
      certificate.places[0]!.steps[1]!.result = 'verified';
      certificate.remainder = [];
    });
    const { ok, content: signed, problems } = await verifyCertificate(forged, jwks);
    expect(ok).toBe(false);
    expect(signed).toEqual(content);
    expect(problems.join('\n')).toContain('certificate.customer.name');
    expect(problems.join('\n')).toContain('certificate.places[0].steps[1].result');
    expect(problems.join('\n')).toContain('certificate.remainder[0]');
  });

  it('is refused when content and copy are changed alike', async () => {
    const forged = edited((file) => {
      file.certificate.inventory.objects += 1;
      file.payload = Buffer.from(canonicalJson(file.certificate)).toString('base64url');
    });
    const answer = await verifyCertificate(forged, jwks);
    expect(answer).toMatchObject({ ok: false, problems: ['the signature does not fit the content'] });
    expect(answer.content).toBeUndefined();
  });

  it.each<[string, (file: FlattenedJws) => void]>([
    ['padding', (file) => (file.signature += '==')],
    [
      'unused bits at the end',
      (file) =>
        (file.signature = file.signature.replace(/.$/, (last) => ({ A: 'B', Q: 'R', g: 'h', w: 'x' })[last] ?? 'x')),
    ],
    ['the other valid signature (r, n − s)', (file) => (file.signature = otherS(file.signature))],
    [
      'a header with a member more',
      (file) =>
        (file.protected = header({ alg: 'ES256', kid: jwks.keys[0]!.kid, typ: 'tenure-certificate+jws', x: 1 })),
    ],
    [
      'no algorithm',
      (file) => (file.protected = header({ alg: 'none', kid: jwks.keys[0]!.kid, typ: 'tenure-certificate+jws' })),
    ],
    ['an empty signature', (file) => (file.signature = '')],
  ])('is refused with %s', async (_, change) => {
    expect((await verifyCertificate(edited(change), jwks)).ok).toBe(false);
  });

  it('is refused with another key, a broken key and no key', async () => {
    const other = await memoryKeyStore().publicKeys();
    const broken = { ...jwks.keys[0]!, x: jwks.keys[0]!.y };
    expect((await verifyCertificate(json, { keys: other })).problems[0]).toContain(jwks.keys[0]!.kid);
    expect((await verifyCertificate(json, { keys: [broken] })).ok).toBe(false);
    expect((await verifyCertificate(json, { keys: [] })).ok).toBe(false);
  });

  it('is refused with white space added or members in another order', async () => {
    expect((await verifyCertificate(Buffer.concat([json, Buffer.from('\n')]), jwks)).ok).toBe(false);
    expect((await verifyCertificate(Buffer.from(JSON.stringify(JSON.parse(json.toString('utf8')))), jwks)).ok).toBe(
      false,
    );
  });

  it('is refused when any one bit of it is changed', async () => {
    for (let position = 0; position < json.length; position += 5) {
      const { ok, problems } = await verifyCertificate(flip(json, position, position % 8), jwks);
      expect(ok, `byte ${position}`).toBe(false);
      expect(problems.length).toBeGreaterThan(0);
    }
  });

  it('is told from other files', async () => {
    for (const file of ['', '{}', '[]', 'null', '%PDF-1.7\n%%EOF\n', '\u0000']) {
      expect((await verifyCertificate(Buffer.from(file), jwks)).ok).toBe(false);
    }
  });
});

describe.each(locales)('certificate as PDF in %s', (locale) => {
  it('verifies with the public key, and gives its content back', async () => {
    expect(await verifyCertificate(pdfs[locale], jwks)).toEqual({
      ok: true,
      kind: 'pdf',
      content,
      kid: jwks.keys[0]!.kid,
      problems: [],
    });
  });

  it('says in its language what the content says', () => {
    const text = pdfText(pdfs[locale]);
    const words = certificateWords[locale];
    for (const said of [
      words.title,
      words.wording,
      words.sections.places,
      words.results['attempted-not-verifiable'],
      'Acme Müller & Peña Ltda.',
      content.id,
      content.case.id,
      'AG-2024-17',
      content.inventory.merkleRoot!,
      certificateDigest(content),
      words.page(3, 3),
      'Protocol 2026-118 of Archivo Seguro SA',
    ]) {
      expect(text).toContain(Buffer.from(said, 'utf8').toString('utf8'));
    }
    expect(text).not.toMatch(/undefined|NaN|\[object|T\d\d:\d\d:\d\d/);
    expect(text).not.toContain(words.simulation);
  });

  it('carries the JSON certificate, a title and a language', async () => {
    const document = await PDFDocument.load(pdfs[locale], { updateMetadata: false });
    expect(document.getTitle()).toBe(`${certificateWords[locale].title} ${content.id}`);
    expect(document.getCreationDate()).toEqual(new Date(content.issuedAt));
    expect(document.getPageCount()).toBe(3);
    const [attached, ...more] = document.getAttachments();
    expect(more).toEqual([]);
    expect(attached!.name).toBe('cert-0123456789.json');
    expect(Buffer.from(attached!.data)).toEqual(json);
  });

  it('is the same for the same content, up to its seal', async () => {
    const again = await certificatePdf(content, jws, signer, locale);
    const sealed = again.lastIndexOf('%tenure-seal ');
    expect(again.subarray(0, sealed)).toEqual(pdfs[locale].subarray(0, sealed));
  });

  it('marks a simulation on every page', async () => {
    const simulated = { ...content, simulation: true };
    const signed = await certificateJson(simulated, signer);
    const pdf = await certificatePdf(simulated, signed.jws, signer, locale);
    expect(pdfText(pdf).split(certificateWords[locale].simulation).length - 1).toBe(3);
    expect((await verifyCertificate(pdf, jwks)).content).toEqual(simulated);
  });
});

describe('PDF, changed', () => {
  it('is refused when any one bit of it is changed', async () => {
    const pdf = pdfs.en;
    await fc.assert(
      fc.asyncProperty(fc.nat(pdf.length - 1), fc.nat(7), async (position, bit) => {
        const { ok, problems } = await verifyCertificate(flip(pdf, position, bit), jwks);
        expect(ok).toBe(false);
        expect(problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });

  it('is refused when any one bit of its seal is changed', async () => {
    const pdf = pdfs.en;
    for (let position = pdf.lastIndexOf('%tenure-seal ') - 8; position < pdf.length; position += 3) {
      expect((await verifyCertificate(flip(pdf, position, position % 8), jwks)).ok, `byte ${position}`).toBe(false);
    }
    expect((await verifyCertificate(flip(pdf, pdf.length - 1, 0), jwks)).ok).toBe(false);
  });

  it('is refused without its seal, with bytes behind it, and with an update appended and the seal moved behind', async () => {
    const pdf = pdfs.en;
    const start = pdf.lastIndexOf('%tenure-seal ');
    const update = Buffer.from('% an incremental update\n');
    const moved = Buffer.concat([pdf.subarray(0, start), update, pdf.subarray(start)]);
    expect((await verifyCertificate(pdf.subarray(0, start), jwks)).ok).toBe(false);
    expect((await verifyCertificate(Buffer.concat([pdf, update]), jwks)).ok).toBe(false);
    expect((await verifyCertificate(moved, jwks)).problems).toContain('the PDF was changed after it was sealed');
  });

  it('is refused when it is sealed around the certificate of another case', async () => {
    const other = { ...content, id: 'cert-9999999999' };
    const mixed = await certificatePdf(other, jws, signer, 'en');
    expect((await verifyCertificate(mixed, jwks)).problems.join()).toContain('cert-9999999999');
  });
});

describe('certificate with unusual content', () => {
  it('prints, whatever names and paths there are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom(...locales),
        async (text, locale) => {
          const paths = Array.from({ length: 60 }, (_, i) => `${text.toWellFormed()}/${i}`);
          const name = `${text.toWellFormed()} GmbH`;
          const odd: CertificateContent = {
            ...content,
            customer: { ...content.customer, name },
            case: { ...content.case, scope: { tenant: 'acme', source: 'documents', paths } },
          };
          const signed = await certificateJson(odd, signer);
          const pdf = await certificatePdf(odd, signed.jws, signer, locale);
          expect(await verifyCertificate(pdf, jwks)).toMatchObject({ ok: true, content: { customer: { name } } });
        },
      ),
      { numRuns: 15 },
    );
  });

  it('fits on pages with a hundred places, no notices and a customer’s own request', async () => {
    const { approval: _, ...rest } = content;
    const long: CertificateContent = {
      ...rest,
      case: { ...content.case, reason: 'customer-request' },
      notices: [],
      remainder: [],
      exclusions: [],
      places: Array.from({ length: 100 }, (_, i) => ({ ...content.places[0]!, place: `place ${i}` })),
    };
    const signed = await certificateJson(long, signer);
    const pdf = await certificatePdf(long, signed.jws, signer, 'de');
    const document = await PDFDocument.load(pdf, { updateMetadata: false });
    const text = pdfText(pdf);
    expect(document.getPageCount()).toBeGreaterThan(10);
    // With an inventory of 6 MiB it has to fit into a mail of 10 MB.
    expect(pdf.length).toBeLessThan(1_000_000);
    for (let i = 0; i < 100; i++) expect(text).toContain(`place ${i} `);
    expect(text).toContain(certificateWords.de.noNotices);
    expect(text).toContain(certificateWords.de.page(document.getPageCount(), document.getPageCount()));
  });
});

it('the QR code ties a print to its file', () => {
  expect(verificationString(content, jws)).toBe(
    `tenure-certificate/1 cert-0123456789 ${certificateDigest(content)} ${jwks.keys[0]!.kid}`,
  );
});

it('the English wording is the one that is signed, and no language claims more', () => {
  expect(certificateWords.en.wording).toBe(certificateWording);
  for (const locale of locales) {
    expect(
      JSON.stringify(certificateWords[locale], (_, value) => (typeof value === 'function' ? String(value) : value)),
    ).not.toMatch(
      /irrecuperable|irrecoverable|unwiederbringlich|NIST|all copies of|todas las copias de|alle Kopien von/i,
    );
  }
});

function header(value: unknown): string {
  return Buffer.from(canonicalJson(value)).toString('base64url');
}

function otherS(signature: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  return Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]).toString(
    'base64url',
  );
}

it('signatures are written with the smaller s, every time', async () => {
  for (let i = 0; i < 20; i++) {
    const signed = await certificateJson({ ...content, id: `cert-${randomBytes(5).toString('hex')}` }, signer);
    expect((await verifyCertificate(signed.file, jwks)).ok).toBe(true);
  }
});
