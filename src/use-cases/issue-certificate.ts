import type { Deps } from '../deps.ts';
import { certificateDigest, certificateJson, readCertificateFile } from '../documents/certificate-file.ts';
import { certificatePdf } from '../documents/certificate-pdf.ts';
import type { CaseIn } from '../domain/case.ts';
import { systemActor } from '../domain/case-events.ts';
import type { CertificateContent, CertificatePlace } from '../domain/certificate.ts';
import { composeCertificate } from '../domain/compose-certificate.ts';
import type { ErasureItem, ErasureRecord, ErasureStep } from '../domain/erasure.ts';
import { BlockedError, ConflictError, NotFoundError } from '../domain/errors.ts';
import { merkleRootOfHashes } from '../domain/merkle.ts';
import type { Plan } from '../domain/plan.ts';
import type { Tenant } from '../domain/tenant.ts';
import { certificates, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { applyCaseEvent } from './apply-case-event.ts';
import { caseOfRun, erasureItemsOf, erasureOf } from './erasure-state.ts';
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
    await deps.table.transact([certificates.write(record, 'absent')]);
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

/** Every operation: on live data, on copies, on the scope as a whole. */
function stepsOf(erasure: ErasureRecord, items: readonly ErasureItem[]): ErasureStep[] {
  const ofSources = items.flatMap((item) => [...item.steps, ...attestedStep(item)]);
  const isLive = ({ place }: ErasureStep) => place.startsWith('live:');
  return [...ofSources.filter(isLive), ...ofSources.filter((step) => !isLive(step)), ...erasure.steps];
}

/** What Tenure cannot do itself: a person says that it is done, and Tenure did not look. */
function attestedStep({ attested, kind, location }: ErasureItem): ErasureStep[] {
  if (attested === undefined) return [];
  const { by, evidence, at } = attested;
  return [
    {
      place: `live: ${kind} ${location}`,
      operation: 'deletion of the data in the resource itself, by hand',
      startedAt: at,
      endedAt: at,
      result: 'attested',
      detail: `attested by ${by}: ${evidence}`,
    },
  ];
}

function placesOf(steps: readonly ErasureStep[]): CertificatePlace[] {
  const places = new Map<string, CertificatePlace>();
  for (const { place, result, ...step } of steps) {
    if (result === 'failed') throw new BlockedError(`step "${step.operation}" at ${place} failed: ${step.detail}`);
    const known = places.get(place) ?? { place, steps: [] };
    known.steps.push({ ...step, result });
    places.set(place, known);
  }
  return [...places.values()];
}

/** What can be claimed: overwriting that could not be verified on its medium is Clear at best (NIST SP 800-88 §2.5), whatever the plan orders. So is what was only attested. */
function methodOf(plan: Plan, steps: readonly ErasureStep[]): 'clear' | 'purge' {
  const doubtful = steps.some(({ result }) => result === 'attempted-not-verifiable' || result === 'attested');
  return doubtful ? 'clear' : plan.erasure.method;
}

function techniquesOf(steps: readonly ErasureStep[]): string[] {
  const used = new Set<string>();
  for (const { operation } of steps) {
    if (operation.startsWith('overwrite')) used.add('overwrite in place');
    if (operation.startsWith('delete recovery points')) used.add('deletion of recovery points by AWS Backup');
    else if (operation.startsWith('delete')) used.add('truncate, rename and unlink; delete');
    if (operation.includes('keys')) used.add('cryptographic erasure: destruction of AES-256 keys in every replica');
    if (operation.startsWith('rewrite')) used.add('rewriting of copies under new keys');
  }
  return [...used];
}

function exclusionsOf(items: readonly ErasureItem[]): { what: string; why: string }[] {
  const evidence = {
    what: 'sealed evidence of notices and the ledger of this case',
    why: 'kept to prove the erasure; holds no content of the data',
  };
  const machine = {
    what: 'snapshots and backups of the machine itself, made by other software',
    why: 'outside of what Tenure can see',
  };
  const own = items.filter(({ kind }) => kind !== 'aws-backup');
  const goneBefore = own.some((item) => item.objects === 0 && (item.listed ?? 0) > 0);
  const unlisted = items.reduce((sum, item) => sum + (item.unlisted ?? 0), 0);
  return [
    evidence,
    machine,
    ...(own.length === items.length
      ? []
      : [
          {
            what: 'copies of AWS Backup in other Regions and accounts, and copies that the service behind a resource keeps itself',
            why: 'outside of what Tenure can see',
          },
        ]),
    ...(goneBefore ? [{ what: 'live data of sources that were gone before', why: 'nothing was there to erase' }] : []),
    ...(unlisted === 0
      ? []
      : [
          {
            what: `the inventory of ${unlisted} entries of copies`,
            why: 'their manifests were damaged; they were erased with all others',
          },
        ]),
  ];
}
