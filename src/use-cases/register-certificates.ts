import type { Deps } from '../deps.ts';
import { certificateDigest } from '../documents/certificate-file.ts';
import { verifyCertificate } from '../documents/verify-certificate.ts';
import type { CertificateContent } from '../domain/certificate.ts';
import { certificates } from '../records.ts';

/** What the evidence store holds of certificates. */
export interface RegisteredCertificates {
  /** Content of those that are as they were signed. */
  good: CertificateContent[];
  problems: string[];
}

/** Registers the certificates of the evidence store again, each verified with the keys of this home. Repeatable. */
export async function registerCertificates(deps: Deps): Promise<RegisteredCertificates> {
  const found: RegisteredCertificates = { good: [], problems: [] };
  const jwks = { keys: await deps.keys.publicKeys() };
  for await (const { key: json } of deps.evidence.list('cases/')) {
    const [, caseId] = /^cases\/([^/]+)\/certificate\/[^/]+\.json$/.exec(json) ?? [];
    if (caseId === undefined) continue;
    const { ok, content, problems } = await verifyCertificate(await deps.evidence.get(json), jwks);
    if (!ok || content?.case.id !== caseId) {
      found.problems.push(`certificate ${json}: ${problems.join('; ') || `is that of case ${content?.case.id}`}`);
      continue;
    }
    const pdf = json.replace(/\.json$/, '.pdf');
    if ((await deps.evidence.head(pdf)) === undefined) found.problems.push(`certificate ${pdf}: is missing`);
    const { id, issuedAt, customer } = content;
    const record = { caseId, id, tenant: customer.tenant, issuedAt, json, pdf, digest: certificateDigest(content) };
    await deps.table.transact([certificates.write(record)]);
    found.good.push(content);
  }
  return found;
}
