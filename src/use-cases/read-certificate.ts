import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { CertificateRecord } from '../domain/certificate.ts';
import { NotFoundError } from '../domain/errors.ts';
import { certificates } from '../records.ts';
import { useCase } from '../use-case.ts';
import { requireCase } from './show-case.ts';

const input = z.object({ case: z.string(), format: z.enum(['json', 'pdf']) });

/** A certificate's file, byte for byte as it was issued; `case` is the id of the case or of the certificate. */
export const readCertificate = useCase(input, async (deps, { case: id, format }) => {
  const record = await recordOf(deps, id);
  return { record, file: await deps.evidence.get(record[format]) };
});

async function recordOf(deps: Deps, id: string): Promise<CertificateRecord> {
  const stored = await certificates.read(deps.table, id.replace(/^cert-/, 'c-'));
  if (stored !== undefined) return stored.value;
  const { status } = await requireCase(deps, id);
  throw new NotFoundError(`case ${id} has no certificate: it is ${status}`, {
    hint: `A case is certified once nothing of its scope is left: \`tenure case show ${id}\`.`,
  });
}
