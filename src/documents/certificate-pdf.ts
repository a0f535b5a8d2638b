import { hash } from 'node:crypto';
import { toBuffer } from 'qrcode';
import { canonicalBytes } from '../domain/canonical-json.ts';
import type { CertificateContent } from '../domain/certificate.ts';
import type { Locale } from '../domain/tenant.ts';
import { certificateDigest, certificateFile, verificationString } from './certificate-file.ts';
import {
  type Drawing,
  drawInventory,
  drawNotices,
  drawPlaces,
  drawSubject,
  drawVerification,
} from './certificate-sections.ts';
import { sayValue } from './certificate-values.ts';
import { certificateWords } from './certificate-words.ts';
import { compactJws, type FlattenedJws, type JwsSigner, kidOf, signJws } from './jws.ts';
import { ink, openSheet } from './pdf-sheet.ts';
import { drawFacts } from './pdf-table.ts';
import { phrases } from './phrases.ts';
import { plainly } from './plainly.ts';

/** Media type in the header of the seal at the end of a PDF. */
export const pdfSealTyp = 'tenure-pdf-seal+jws';

/** Begins the last line of a PDF: a comment for PDF readers, the seal over all bytes before it for Tenure. */
export const pdfSealMark = '%tenure-seal ';

const qrSize = 84;

/**
 * The certificate as a document to be filed: A4, in the customer's language, with the signed JSON file attached and a
 * QR code that ties a print to it. The last line is a signature over every byte before it.
 *
 * @param content what the certificate says; the same that `jws` signs
 * @param jws signature over the content, from `signCertificate`
 * @param signer signs the seal
 * @param locale language of the document
 * @returns the PDF; equal content gives equal bytes up to the seal
 */
export async function certificatePdf(
  content: CertificateContent,
  jws: FlattenedJws,
  signer: JwsSigner,
  locale: Locale,
): Promise<Buffer> {
  const document = await drawCertificate(content, jws, locale);
  const seal = { certificate: content.id, length: document.length, sha256: hash('sha256', document, 'hex') };
  const sealed = compactJws(await signJws(canonicalBytes(seal), pdfSealTyp, signer));
  return Buffer.concat([document, Buffer.from(`${pdfSealMark}${sealed}\n`, 'ascii')]);
}

async function drawCertificate(content: CertificateContent, jws: FlattenedJws, locale: Locale): Promise<Buffer> {
  const words = certificateWords[locale];
  const safe = plainly(content);
  const at = new Date(content.issuedAt);
  const sheet = openSheet({
    title: `${words.title} ${content.id}`,
    author: safe.operator.organisation,
    subject: `${words.labels.case} ${content.case.id}`,
    at,
    language: locale,
  });
  const { doc } = sheet;
  const done = collect(doc);
  const drawing: Drawing = { sheet, content: safe, words, say: phrases(locale, content.customer.timezone) };
  const fileName = `${content.id}.json`;
  // `relationship` (PDF 2.0, AFRelationship) is read by pdfkit and missing in its types.
  const attachment = {
    name: fileName,
    type: 'application/json',
    description: `${words.title} ${content.id} (JWS)`,
    creationDate: at,
    modifiedDate: at,
    relationship: 'Source',
  };
  doc.file(certificateFile(jws), attachment);
  drawTitle(
    drawing,
    await toBuffer(verificationString(content, jws), { errorCorrectionLevel: 'M', margin: 0, scale: 6 }),
  );
  drawSubject(drawing);
  drawNotices(drawing);
  drawInventory(drawing);
  drawPlaces(drawing);
  drawVerification(drawing);
  // The statement and the signature under it belong on one page.
  sheet.need(232);
  sheet.section(words.sections.statement);
  sheet.paragraph(words.wording, { size: 10 });
  drawSignature(drawing, jws, fileName);
  drawEdges(drawing);
  doc.end();
  return done;
}

function drawTitle({ sheet, content, words, say }: Drawing, code: Buffer): void {
  const { doc, left, width } = sheet;
  const text = width - qrSize - 24;
  const codeX = left + width - qrSize;
  sheet.at(content.operator.organisation, left, 50, { font: 'bold', size: 10, color: ink.quiet }, { width: text });
  doc.rect(left, 70, 34, 3).fill(ink.accent);
  sheet.at(words.title, left, 84, { font: 'bold', size: 21, color: ink.accent }, { width: text });
  sheet.at(`${words.number} ${content.id}`, left, doc.y + 7, { font: 'bold', size: 10 }, { width: text });
  sheet.at(`${words.issued} ${say.date(content.issuedAt)}`, left, doc.y + 2, { size: 10 }, { width: text });
  const titleEnd = doc.y;
  doc.image(code, codeX, 50, { width: qrSize, height: qrSize });
  sheet.at(words.scan, codeX, 50 + qrSize + 5, { size: 7, color: ink.quiet }, { width: qrSize, align: 'center' });
  doc.x = left;
  doc.y = Math.max(titleEnd, 50 + qrSize + 16) + 12;
  sheet.paragraph(words.intro(content.customer.name, content.case.id), { size: 10 });
}

function drawSignature({ sheet, content, words, say }: Drawing, jws: FlattenedJws, fileName: string): void {
  const { labels } = words;
  sheet.section(words.sections.signature);
  drawFacts(sheet, [
    [
      labels.signedFor,
      words.by(
        `${content.operator.organisation} (${sayValue(content.operator.performedBy, say.locale)})`,
        say.moment(content.issuedAt),
      ),
    ],
    [labels.algorithm, 'ES256 (ECDSA, P-256, SHA-256; RFC 7515, RFC 7518)'],
    [labels.key, kidOf(jws) ?? '', 'mono'],
    [labels.digest, certificateDigest(readContent(jws)), 'mono'],
    [labels.signature, jws.signature, 'mono'],
  ]);
  sheet.space(6);
  sheet.paragraph(words.verify(fileName), { size: 8, color: ink.quiet });
}

/** Page numbers, the certificate's number on every page, and the mark of a simulation, once the pages are counted. */
function drawEdges({ sheet, content, words }: Drawing): void {
  const { doc, left, width } = sheet;
  const { start, count } = doc.bufferedPageRange();
  for (let i = 0; i < count; i++) {
    doc.switchToPage(start + i);
    // Text below the lower margin would begin a new page.
    doc.page.margins.bottom = 0;
    const y = doc.page.height - 48;
    doc
      .moveTo(left, y - 7)
      .lineTo(left + width, y - 7)
      .lineWidth(0.5)
      .stroke(ink.rule);
    const quiet = { size: 7.5, color: ink.quiet };
    sheet.at(`${words.title} · ${content.id}`, left, y, quiet, { width: width * 0.75, lineBreak: false });
    sheet.at(words.page(i + 1, count), left + width * 0.75, y, quiet, { width: width * 0.25, align: 'right' });
    if (i > 0) sheet.at(content.operator.organisation, left, 32, quiet, { width, lineBreak: false });
    if (content.simulation) drawSimulationMark(sheet, words.simulation);
  }
}

function drawSimulationMark({ doc, at }: Drawing['sheet'], text: string): void {
  const { width, height } = doc.page;
  doc.save();
  doc.rotate(-52, { origin: [width / 2, height / 2] });
  doc.fillOpacity(0.13);
  at(
    text,
    -100,
    height / 2 - 48,
    { font: 'bold', size: 96, color: ink.warn },
    { width: width + 200, align: 'center', lineBreak: false },
  );
  doc.restore();
}

function readContent(jws: FlattenedJws): CertificateContent {
  return JSON.parse(Buffer.from(jws.payload, 'base64url').toString('utf8'));
}

function collect(doc: PDFKit.PDFDocument): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
}
