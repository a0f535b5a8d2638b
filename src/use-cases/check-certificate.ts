import type { Deps } from '../deps.ts';
import { type CertificateVerdict, verifyCertificate } from '../documents/verify-certificate.ts';

/** Largest file that is looked at: certificates stay far below. */
export const largestCertificate = 5 * 1000 * 1000;

/** Verifies a file that anybody may send, with this home's own public keys. It is kept nowhere. */
export async function checkCertificate(deps: Pick<Deps, 'keys'>, file: Buffer): Promise<CertificateVerdict> {
  return await verifyCertificate(file, { keys: await deps.keys.publicKeys() }, { openUnsealed: false });
}
