import { hash } from 'node:crypto';
import { canonicalBytes } from '../domain/canonical-json.ts';
import type { CertificateContent } from '../domain/certificate.ts';
import { type FlattenedJws, type JwsSigner, kidOf, signJws } from './jws.ts';

/** Media type in the header of a certificate's signature. */
export const certificateTyp = 'tenure-certificate+jws';

/** Signs the content: the payload is its canonical JSON. */
export function signCertificate(content: CertificateContent, signer: JwsSigner): Promise<FlattenedJws> {
  return signJws(canonicalBytes(content), certificateTyp, signer);
}

/**
 * The certificate as a JSON file: a flattened JWS with the content beside it, for people to read. There is exactly one
 * file for one signature: two blanks of indentation, members of the content in canonical order, a newline at the end.
 */
export function certificateFile(jws: FlattenedJws): Buffer {
  const certificate: unknown = JSON.parse(Buffer.from(jws.payload, 'base64url').toString('utf8'));
  const { payload, protected: header, signature } = jws;
  return Buffer.from(`${JSON.stringify({ certificate, payload, protected: header, signature }, null, 2)}\n`, 'utf8');
}

/** Signs the content and makes its JSON file. */
export async function certificateJson(
  content: CertificateContent,
  signer: JwsSigner,
): Promise<{ jws: FlattenedJws; file: Buffer; digest: string }> {
  const jws = await signCertificate(content, signer);
  return { jws, file: certificateFile(jws), digest: certificateDigest(content) };
}

/** Content and signature of a file that {@link certificateFile} has made. Verifies nothing. */
export function readCertificateFile(file: Buffer): { content: CertificateContent; jws: FlattenedJws } {
  const { payload, protected: header, signature } = JSON.parse(file.toString('utf8')) as FlattenedJws;
  const content = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as CertificateContent;
  return { content, jws: { payload, protected: header, signature } };
}

/** SHA-256 (hex) of the canonical content: the short name of what was certified. */
export function certificateDigest(content: CertificateContent): string {
  return hash('sha256', canonicalBytes(content), 'hex');
}

/** What the QR code says: enough to tell whether a print belongs to a file. `tenure-certificate/1 <id> <digest> <kid>` */
export function verificationString(content: CertificateContent, jws: FlattenedJws): string {
  return [content.format, content.id, certificateDigest(content), kidOf(jws) ?? ''].join(' ');
}
