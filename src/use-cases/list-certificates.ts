import { z } from 'zod';
import { certificates } from '../records.ts';
import { useCase } from '../use-case.ts';
import { requireScope } from './require-scope.ts';

const input = z.object({ tenant: z.string().optional() });

/** The certificates that were issued, oldest first. */
export const listCertificates = useCase(input, async (deps, { tenant }) => {
  await requireScope(deps, { tenant });
  return (await certificates.list(deps.table, 'CERTIFICATES'))
    .map(({ value: { caseId, id, tenant: owner, issuedAt, digest } }) => ({
      id,
      case: caseId,
      tenant: owner,
      issuedAt,
      digest,
    }))
    .filter((issued) => tenant === undefined || issued.tenant === tenant)
    .sort((a, b) => (a.issuedAt < b.issuedAt ? -1 : a.issuedAt > b.issuedAt ? 1 : 0));
});
