import { isComplete } from './authority.ts';
import { compareInstants } from './calendar.ts';
import { type CaseIn, isTooLate } from './case.ts';
import type { RemainderItem } from './case-events.ts';
import {
  type CertificateContent,
  type CertificatePlace,
  type CertificateSource,
  certificateWording,
} from './certificate.ts';
import { BlockedError, InvalidError } from './errors.ts';

/** What a certificate is made of: the case as stored, and what the steps of its erasure recorded. */
export interface CertificateFacts {
  case: CaseIn<'erasing'>;
  simulated: boolean;
  issuedAt: string;
  customer: CertificateContent['customer'];
  /** Names of the tenant's contacts, by index. */
  contacts: readonly string[];
  operator: CertificateContent['operator'];
  tool: CertificateContent['tool'];
  sources: readonly CertificateSource[];
  /** Merkle root over the sources' inventories, hex. */
  merkleRoot?: string;
  sanitization: CertificateContent['sanitization'];
  places: readonly CertificatePlace[];
  /** The last sweep: what it did, when it ended, and how much it still found. */
  sweep: { method: string; sweptAt: string; survivors: number };
  /** What could not go at first; an item without `goneAt` still remains. */
  remainder: readonly (RemainderItem & { goneAt?: string })[];
  exclusions: readonly { what: string; why: string }[];
}

/**
 * Composes what the certificate says. Throws BlockedError while anything remains, or when the sweep is older than a step (it then
 * says nothing about it), and InvalidError when the facts contradict each other: a certificate is right or it is not issued.
 */
export function composeCertificate(facts: CertificateFacts): CertificateContent {
  const value = facts.case;
  const { authority, approval, clock } = value;
  if (!isTooLate(value) || !isComplete(authority)) {
    throw new BlockedError(`case ${value.id} has destroyed nothing`, { hint: 'Let the erasure run first.' });
  }
  const steps = facts.places.flatMap((place) => place.steps);
  checkRemainder(facts);
  checkSteps(facts, steps);
  return {
    format: 'tenure-certificate/1',
    id: value.id.replace(/^c-/, 'cert-'),
    simulation: facts.simulated,
    issuedAt: facts.issuedAt,
    customer: facts.customer,
    operator: facts.operator,
    tool: facts.tool,
    case: {
      id: value.id,
      reason: value.reason,
      scope: value.scope,
      planDigest: value.planDigest,
      openedBy: `${value.openedBy.kind} ${value.openedBy.id}`,
    },
    authority,
    ...(approval !== undefined && { approval }),
    notices: value.deliveries.map(({ id, contact, channel, levels, bounced }) => ({
      delivery: id,
      recipient: facts.contacts[contact] ?? `contact ${contact + 1}`,
      channel,
      levels,
      ...(bounced !== undefined && { bounced: { at: bounced.at, reason: bounced.reason } }),
    })),
    dates: {
      openedAt: value.openedAt,
      ...(value.noticeSentAt !== undefined && { noticeSentAt: value.noticeSentAt }),
      clockStartedAt: clock.startedAt,
      dueAt: clock.dueAt,
      destroyFrom: clock.destroyFrom,
      begunAt: value.begunAt,
      completedAt: facts.sweep.sweptAt,
    },
    inventory: {
      objects: sum(facts.sources.map((source) => source.objects)),
      bytes: sum(facts.sources.map((source) => source.bytes)),
      copies: sum(facts.sources.map((source) => source.copies)),
      ...(facts.merkleRoot !== undefined && { merkleRoot: facts.merkleRoot }),
      sources: [...facts.sources],
    },
    sanitization: facts.sanitization,
    places: [...facts.places],
    verification: { method: facts.sweep.method, sweptAt: facts.sweep.sweptAt, survivors: 0 },
    remainder: facts.remainder.flatMap((item) => (item.goneAt === undefined ? [] : [{ ...item, goneAt: item.goneAt }])),
    exclusions: [...facts.exclusions],
    wording: certificateWording,
  };
}

function checkRemainder({ case: value, remainder, sweep }: CertificateFacts): void {
  const left = remainder.filter((item) => item.goneAt === undefined);
  if (left.length === 0 && sweep.survivors === 0) return;
  const what =
    left.map((item) => `${item.what} in ${item.place}`).join(', ') || `${sweep.survivors} survivors of the sweep`;
  throw new BlockedError(`case ${value.id} is not finished: ${what}`, {
    hint: 'Send an interim report; certify when it is gone.',
  });
}

function checkSteps(facts: CertificateFacts, steps: readonly CertificatePlace['steps'][number][]): void {
  const wrong = (why: string) => new InvalidError(`the certificate of case ${facts.case.id} would be wrong: ${why}`);
  if (facts.places.some((place) => place.steps.length === 0) || steps.length === 0)
    throw wrong('a place without a step');
  for (const step of steps) {
    if (compareInstants(step.startedAt, step.endedAt) > 0) throw wrong(`"${step.operation}" ends before it starts`);
    if (compareInstants(step.startedAt, facts.case.begunAt) < 0)
      throw wrong(`"${step.operation}" began before the erasure`);
    if (compareInstants(step.endedAt, facts.sweep.sweptAt) > 0) {
      throw new BlockedError(`"${step.operation}" ended after the last sweep`, { hint: 'Sweep again, then certify.' });
    }
  }
  if (compareInstants(facts.sweep.sweptAt, facts.issuedAt) > 0) throw wrong('it is issued before the sweep');
  const counts = facts.sources.flatMap((source) => [source.objects, source.bytes, source.copies]);
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0)) throw wrong('a count is not a whole number');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
