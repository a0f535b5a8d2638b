import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { canonicalBytes } from '../domain/canonical-json.ts';
import type { CertificateContent } from '../domain/certificate.ts';
import { certificateFile, certificateTyp } from './certificate-file.ts';
import { pdfSealMark, pdfSealTyp } from './certificate-pdf.ts';
import { type FlattenedJws, type JwkSet, readCompactJws, verifyJws } from './jws.ts';

/** What {@link verifyCertificate} answers. */
export interface CertificateVerdict {
  /** True only when nothing is wrong; `problems` is empty then. */
  ok: boolean;
  kind: 'json' | 'pdf' | 'unknown';
  /** The signed content, when its signature is good, even where something else is wrong. */
  content?: CertificateContent;
  /** Key that signed the content. */
  kid?: string;
  problems: string[];
}

/** How {@link verifyCertificate} goes about it. */
export interface VerifyOptions {
  /**
   * Whether a PDF is opened although its seal is not good, which only serves to say more about what is wrong. `false` where anybody
   * may send a file: then nothing is opened that Tenure has not made itself.
   */
  openUnsealed?: boolean;
}

/**
 * Verifies a certificate, JSON or PDF, with nothing but public keys: no network, no home.
 *
 * The file must be, byte for byte, what the signed content makes: any change anywhere is found. A JSON file is written
 * again from its payload and compared. A PDF is covered by the seal in its last line; the certificate attached to it is
 * verified like a file of its own.
 */
export async function verifyCertificate(
  file: Buffer,
  jwks: JwkSet,
  { openUnsealed = true }: VerifyOptions = {},
): Promise<CertificateVerdict> {
  try {
    if (file.subarray(0, 5).toString('latin1') === '%PDF-') return await verifyPdf(file, jwks, openUnsealed);
    return await verifyJson(file, jwks);
  } catch (error) {
    // Nested deeper than the stack: no certificate is.
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, kind: 'unknown', problems: ['the file is neither a JSON nor a PDF certificate'] };
  }
}

async function verifyJson(file: Buffer, jwks: JwkSet): Promise<CertificateVerdict> {
  const parsed = parseJson(file);
  if (!isObject(parsed))
    return { ok: false, kind: 'unknown', problems: ['the file is neither a JSON nor a PDF certificate'] };
  const jws = readJws(parsed);
  if (!jws)
    return {
      ok: false,
      kind: 'json',
      problems: ['the file has no signature: payload, protected or signature is missing'],
    };
  const signed = await verifyJws(jws, certificateTyp, jwks);
  const problems: string[] = signed.ok ? [] : [signed.problem];
  const payload = parseJson(Buffer.from(jws.payload, 'base64url'));
  if (!isContent(payload))
    return { ok: false, kind: 'json', problems: [...problems, 'what is signed is no certificate of a known format'] };
  // Also when the signature is bad: then this says which of the two copies was touched, and where.
  const differing = differences(payload, parsed.certificate, 'certificate');
  problems.push(...differing.map((path) => `the readable copy differs from what is signed at ${path}`));
  if (!isCanonical(payload, Buffer.from(jws.payload, 'base64url'))) {
    problems.push('what is signed is not in canonical form');
  }
  if (differing.length === 0 && !certificateFile(jws).equals(file)) {
    problems.push(
      'the file is not written exactly as a certificate is: bytes were added, removed or changed around the content',
    );
  }
  return verdict('json', problems, signed.ok ? { content: payload, kid: signed.kid } : undefined);
}

async function verifyPdf(file: Buffer, jwks: JwkSet, openUnsealed: boolean): Promise<CertificateVerdict> {
  const seal = readSeal(file);
  if (!openUnsealed) {
    const broken = seal
      ? await sealProblems(seal, undefined, jwks)
      : ['the PDF has no seal at its end, or bytes follow it'];
    if (broken.length > 0) return { ok: false, kind: 'pdf', problems: broken };
  }
  const attached = await attachedFile(file);
  const inner = attached ? await verifyJson(attached, jwks) : undefined;
  const problems = [
    ...(seal ? await sealProblems(seal, inner?.content, jwks) : ['the PDF has no seal at its end, or bytes follow it']),
    ...(inner
      ? inner.problems.map((problem) => `attached certificate: ${problem}`)
      : ['the PDF has no certificate attached']),
  ];
  return verdict(
    'pdf',
    problems,
    inner?.content && { content: inner.content, ...(inner.kid !== undefined && { kid: inner.kid }) },
  );
}

interface Seal {
  document: Buffer;
  jws: FlattenedJws;
}

/** The last line, and what it seals. */
function readSeal(file: Buffer): Seal | undefined {
  const start = file.lastIndexOf(`\n${pdfSealMark}`) + 1;
  if (start === 0) return undefined;
  const line = file.subarray(start + pdfSealMark.length).toString('latin1');
  const jws = line.endsWith('\n') ? readCompactJws(line.slice(0, -1)) : undefined;
  return jws && { document: file.subarray(0, start), jws };
}

async function sealProblems(
  { document, jws }: Seal,
  content: CertificateContent | undefined,
  jwks: JwkSet,
): Promise<string[]> {
  const signed = await verifyJws(jws, pdfSealTyp, jwks);
  if (!signed.ok) return [`seal of the PDF: ${signed.problem}`];
  const stated = parseJson(signed.payload);
  const sha256 = hash('sha256', document, 'hex');
  if (!isObject(stated) || stated.sha256 !== sha256 || stated.length !== document.length) {
    return ['the PDF was changed after it was sealed'];
  }
  const exact = { certificate: stated.certificate, length: document.length, sha256 };
  if (!isCanonical(exact, signed.payload)) return ['the seal of the PDF is not in its exact form'];
  if (content && stated.certificate !== content.id)
    return [`the PDF is sealed for ${stated.certificate}, and holds ${content.id}`];
  return [];
}

async function attachedFile(file: Buffer): Promise<Buffer | undefined> {
  // Loaded late: it is large, and a JSON certificate does not need it.
  const { PDFDocument } = await import('@cantoo/pdf-lib');
  try {
    const document = await PDFDocument.load(file, { updateMetadata: false });
    const json = document.getAttachments().filter(({ name }) => /^cert-[0-9a-f]+\.json$/.test(name));
    const [only, ...more] = json;
    return only && more.length === 0 ? Buffer.from(only.data) : undefined;
  } catch {
    // A PDF that does not open has nothing attached; the seal says the rest.
    return undefined;
  }
}

function verdict(
  kind: 'json' | 'pdf',
  problems: string[],
  good: Pick<CertificateVerdict, 'content' | 'kid'> | undefined,
): CertificateVerdict {
  return { ok: problems.length === 0 && good !== undefined, kind, ...good, problems };
}

/** Paths at which two JSON values differ, at most 20. */
function differences(signed: unknown, shown: unknown, path: string): string[] {
  if (isDeepStrictEqual(signed, shown)) return [];
  if (!isContainer(signed) || !isContainer(shown) || Array.isArray(signed) !== Array.isArray(shown)) return [path];
  const names = [...new Set([...Object.keys(signed), ...Object.keys(shown)])];
  const place = (name: string): string => (Array.isArray(signed) ? `${path}[${name}]` : `${path}.${name}`);
  return names.flatMap((name) => differences(signed[name], shown[name], place(name))).slice(0, 20);
}

function isCanonical(value: unknown, bytes: Buffer): boolean {
  try {
    return canonicalBytes(value).equals(bytes);
  } catch {
    return false;
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function readJws({ payload, protected: header, signature }: Record<string, unknown>): FlattenedJws | undefined {
  if (typeof payload !== 'string' || typeof header !== 'string' || typeof signature !== 'string') return undefined;
  return { payload, protected: header, signature };
}

function isContent(value: unknown): value is CertificateContent {
  return isObject(value) && value.format === 'tenure-certificate/1' && typeof value.id === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isContainer(value) && !Array.isArray(value);
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
