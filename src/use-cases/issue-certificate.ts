import type { Deps } from '../deps.ts';
import { certificateDigest, certificateJson, readCertificateFile } from '../documents/certificate-file.ts';
import { certificatePdf } from '../documents/certificate-pdf.ts';
import type { CaseIn } from '../domain/case.ts';
import { systemActor } from '../domain/case-events.ts';
import type { CertificateContent } from '../domain/certificate.ts';
import { composeCertificate } from '../domain/compose-certificate.ts';
import { BlockedError, ConflictError, NotFoundError } from '../domain/errors.ts';
import { merkleRootOfHashes } from '../domain/merkle.ts';
import type { Tenant } from '../domain/tenant.ts';
import { certificates, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { applyCaseEvent } from './apply-case-event.ts';
import { exclusionsOf, methodOf, placesOf, stepsOf, techniquesOf } from './certificate-statements.ts';
import { caseOfRun, erasureItemsOf, erasureOf } from './erasure-state.ts';
import { lockEvidence } from './lock-evidence.ts';
import { eventWrites } from './outgoing-events.ts';
import { planOfCase } from './plan-of.ts';
import { runInput } from './run-items.ts';

/**
 * Issues the certificate, once: whoever signs first stores both files, and every later attempt finds them. The files go to the
 * evidence store before the case says that it is certified.
 */
export const issueCertificate = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  if (value.status === 'certified' || value.status === 'closed') return { outcome: 'certified' as const };
  const issued =
    (await certificates.read(deps.table, value.id))?.value ?? (await sign(deps, value as CaseIn<'erasing'>));
  const decision = await applyCaseEvent(deps, value.id, {
    type: 'certify',
    certificate: issued.id,
    digest: issued.digest,
    at: deps.clock.now(),
    actor: systemActor,
  });
  if (!decision.ok) throw new BlockedError(decision.reason, { hint: decision.hint });
  return { outcome: 'certified' as const };
});

async function sign(deps: Deps, value: CaseIn<'erasing'>) {
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  if (tenant === undefined) throw new NotFoundError(`tenant ${value.tenant} is gone`);
  const composed = await compose(deps, value, tenant);
  const path = `cases/${value.id}/certificate/${composed.id}`;
  const names = { json: `${path}.json`, pdf: `${path}.pdf` };
  const file = await putFirst(deps, names.json, async () => (await certificateJson(composed, deps.keys)).file);
  // What was signed first counts, also when a crash came between the two files: there is never a second signature.
  const { content, jws } = readCertificateFile(file);
  await putFirst(deps, names.pdf, async () => await certificatePdf(content, jws, deps.keys, tenant.locale));
  const record = {
    caseId: value.id,
    id: content.id,
    tenant: value.tenant,
    issuedAt: content.issuedAt,
    ...names,
    digest: certificateDigest(content),
  };
  try {
    const told = await eventWrites(deps, 'certificate.issued', {
      tenant: value.tenant,
      data: { case: value.id, certificate: record.id, digest: record.digest },
    });
    await deps.table.transact([certificates.write(record, 'absent'), ...told]);
    return record;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const first = (await certificates.read(deps.table, value.id))?.value;
    if (first === undefined) throw error;
    return first;
  }
}

/** Stores a file unless somebody has stored it before, and answers the one that is stored. */
async function putFirst(deps: Deps, key: string, make: () => Promise<Buffer>): Promise<Buffer> {
  if ((await deps.evidence.head(key)) === undefined) {
    try {
      await deps.evidence.put(key, await make());
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  await lockEvidence(deps, key);
  return await deps.evidence.get(key);
}

async function compose(deps: Deps, value: CaseIn<'erasing'>, tenant: Tenant): Promise<CertificateContent> {
  const erasure = await erasureOf(deps, value.id);
  const items = await erasureItemsOf(deps, value.id);
  const plan = await planOfCase(deps, value);
  const steps = stepsOf(erasure, items);
  const roots = items.flatMap((item) =>
    item.inventoryRoot === undefined ? [] : [Buffer.from(item.inventoryRoot, 'hex')],
  );
  return composeCertificate({
    case: value,
    simulated: deps.clock.simulated,
    issuedAt: deps.clock.now(),
    customer: { tenant: tenant.id, name: tenant.name, timezone: tenant.timezone },
    contacts: tenant.contacts.map((contact) => contact.name),
    operator: {
      organisation: deps.settings.company,
      performedBy: 'Tenure, unattended',
      contact: deps.settings.operator.email,
    },
    tool: { name: 'Tenure', version: deps.settings.version },
    sources: items.map((item) => ({
      source: item.source,
      kind: item.kind,
      location: item.location,
      objects: item.objects,
      bytes: item.bytes,
      copies: item.snapshots,
      ...(item.inventoryRoot === undefined ? {} : { merkleRoot: item.inventoryRoot }),
    })),
    ...(roots.length === 0 ? {} : { merkleRoot: merkleRootOfHashes(roots).toString('hex') }),
    sanitization: { method: methodOf(plan, steps), techniques: techniquesOf(steps) },
    places: placesOf(steps),
    sweep: {
      method: 'every place listed was read again and searched for what should be gone',
      sweptAt: erasure.sweptAt ?? '',
      survivors: 0,
    },
    remainder: erasure.remainder,
    exclusions: exclusionsOf(items),
  });
}
