import type { CertificatePlace } from '../domain/certificate.ts';
import type { ErasureItem, ErasureRecord, ErasureStep } from '../domain/erasure.ts';
import { BlockedError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { passesLeftOut } from './overwrite-pass.ts';

/** Every operation: on live data, on copies, on the scope as a whole. */
export function stepsOf(erasure: ErasureRecord, items: readonly ErasureItem[]): ErasureStep[] {
  const ofSources = items.flatMap((item) => [...mediumStep(item), ...item.steps, ...attestedStep(item)]);
  const isLive = ({ place }: ErasureStep) => place.startsWith('live:');
  return [...ofSources.filter(isLive), ...ofSources.filter((step) => !isLive(step)), ...erasure.steps];
}

/** Facts of a place that are exclusions of their own, or say nothing about its erasure. */
const notMedium = new Set(['location', 'writes', 'replication', 'notBackedUp']);

/** What the place is like, where that decides what an erasure of it means: a bucket keeps versions, locks and copies. */
function mediumStep({ medium, touchedAt, kind, location }: ErasureItem): ErasureStep[] {
  const facts = Object.entries(medium ?? {}).filter(([name]) => !notMedium.has(name));
  if (facts.length === 0 || touchedAt === undefined) return [];
  return [
    {
      place: `live: ${kind} ${location}`,
      operation: 'look at the place',
      startedAt: touchedAt,
      endedAt: touchedAt,
      result: 'done',
      detail: facts.map(([name, value]) => `${name}: ${value}`).join('; '),
    },
  ];
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

export function placesOf(steps: readonly ErasureStep[]): CertificatePlace[] {
  const places = new Map<string, CertificatePlace>();
  for (const { place, result, ...step } of steps) {
    if (result === 'failed') throw new BlockedError(`step "${step.operation}" at ${place} failed: ${step.detail}`);
    const known = places.get(place) ?? { place, steps: [] };
    known.steps.push({ ...step, result });
    places.set(place, known);
  }
  return [...places.values()];
}

/** What can be claimed: overwriting that could not be verified on its medium is Clear at best (NIST SP 800-88 §2.5), whatever the plan orders. So is what was only attested, and a place where overwriting was not possible. */
export function methodOf(plan: Plan, steps: readonly ErasureStep[]): 'clear' | 'purge' {
  const doubtful = steps.some(
    ({ result, operation }) =>
      result === 'attempted-not-verifiable' || result === 'attested' || operation === passesLeftOut,
  );
  return doubtful ? 'clear' : plan.erasure.method;
}

export function techniquesOf(steps: readonly ErasureStep[]): string[] {
  const used = new Set<string>();
  for (const { operation } of steps) {
    if (operation.startsWith('overwrite')) used.add('overwrite in place');
    if (operation.startsWith('delete recovery points')) used.add('deletion of recovery points by AWS Backup');
    else if (operation === passesLeftOut) used.add('removal of all versions');
    else if (operation.startsWith('delete')) used.add('truncate, rename and unlink; delete');
    if (operation.includes('keys')) used.add('cryptographic erasure: destruction of AES-256 keys in every replica');
    if (operation.startsWith('rewrite')) used.add('rewriting of copies under new keys');
  }
  return [...used];
}

export function exclusionsOf(items: readonly ErasureItem[]): { what: string; why: string }[] {
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
    ...items.flatMap(outsideOf),
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

/** What a bucket's erasure leaves out: writes of others meanwhile, and copies that the bucket sends elsewhere. */
function outsideOf({ medium = {}, location }: ErasureItem): { what: string; why: string }[] {
  const { writes, replication = 'none' } = medium;
  return [
    ...(writes === undefined ? [] : [{ what: `writes to ${location}`, why: writes }]),
    ...(replication === 'none' ? [] : [{ what: `replicas of ${location}`, why: replication }]),
  ];
}
