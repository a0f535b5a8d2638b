import { isBefore } from './calendar.ts';
import type { Case } from './case.ts';
import { caseControls } from './case-controls.ts';
import type { Hold } from './hold.ts';
import { type SourceControlFacts, sourceControls } from './source-controls.ts';

/** One checkable statement about the home, a source or a case. */
export type ControlId =
  | 'freshness'
  | 'missed-slots'
  | 'restore-tested'
  | 'coverage'
  | 'copy-age'
  | 'cases-overdue'
  | 'notices-undeliverable'
  | 'key-replicas'
  | 'keys-recoverable'
  | 'escrow'
  | 'second-place-lag';

/** What a control says of one subject at one time. */
export interface ControlResult {
  id: ControlId;
  /** `tenant/source`, a case id, or `home`. */
  subject: string;
  /** `exception`: not fulfilled, or not applicable, for a reason that somebody has answered for. */
  status: 'pass' | 'fail' | 'exception';
  reason: string;
  /** Set when the customer is to be told, not only the operator. */
  tellCustomer?: true;
}

/** A failure that an operator has accepted for a while. */
export interface ControlException {
  id: ControlId;
  subject: string;
  reason: string;
  /** Last instant for which it is accepted. */
  until: string;
}

/** A key that was exported: as good as a copy of what it opens, until its destruction is attested. */
export interface EscrowKey {
  id: string;
  tenant: string;
  exportedAt: string;
  /** The tenant's data was erased, so this key must go too. */
  tenantErased: boolean;
  destructionAttestedAt?: string;
}

/** Everything that the controls look at, read at one time. */
export interface ControlFacts {
  sources: readonly SourceControlFacts[];
  /** Every case that is not closed or cancelled; others are passed over. */
  cases: readonly Case[];
  holds: readonly Hold[];
  /** As the key store reports them. */
  keyReplicas: readonly { name: string; keys: number; writable: boolean }[];
  /** Ways in which a destroyed key could come back, as the key store knows them. */
  keyRecoveries: readonly string[];
  escrow: readonly EscrowKey[];
  /** Absent: one place is in use. */
  secondPlace?: {
    name: string /** When the oldest object that is not there yet was stored. */;
    uncopiedSince?: string;
    allowedHours: number;
  };
  exceptions: readonly ControlException[];
}

/**
 * Evaluates every control for every subject. Nothing is left out: a control that has no subject passes for `home` with
 * the reason. A failure with an accepted exception is an `exception` that carries both reasons.
 */
export function evaluateControls(facts: ControlFacts, now: string): ControlResult[] {
  const results = [
    ...facts.sources.flatMap((source) => sourceControls(source, now)),
    ...caseControls(facts.cases, facts.holds, now),
    keyReplicas(facts),
    keysRecoverable(facts),
    escrow(facts),
    secondPlaceLag(facts, now),
  ];
  return [...results.map((result) => withException(result, facts.exceptions, now)), ...withoutSubject(results)];
}

function keyReplicas({ keyReplicas: replicas }: ControlFacts): ControlResult {
  const result = (status: ControlResult['status'], reason: string) => ({
    id: 'key-replicas' as const,
    subject: 'home',
    status,
    reason,
  });
  const names = replicas.map(({ name, keys }) => `${name}: ${keys} keys`).join(', ');
  const broken = replicas.filter(({ writable }) => !writable);
  if (broken.length > 0) return result('fail', `not writable: ${broken.map(({ name }) => name).join(', ')}`);
  if (replicas.length < 2)
    return result('fail', `keys lie in ${replicas.length} replica only; if it is lost, every copy is`);
  if (new Set(replicas.map(({ keys }) => keys)).size > 1) return result('fail', `the replicas differ (${names})`);
  return result('pass', `${replicas.length} replicas agree (${names})`);
}

function keysRecoverable({ keyRecoveries }: ControlFacts): ControlResult {
  const result = { id: 'keys-recoverable' as const, subject: 'home' };
  if (keyRecoveries.length === 0)
    return { ...result, status: 'pass', reason: 'no way is known in which a destroyed key could come back' };
  return { ...result, status: 'fail', reason: `destroyed keys could come back: ${keyRecoveries.join('; ')}` };
}

function escrow({ escrow: keys }: ControlFacts): ControlResult {
  const result = (status: ControlResult['status'], reason: string) => ({
    id: 'escrow' as const,
    subject: 'home',
    status,
    reason,
  });
  const open = keys.filter(({ destructionAttestedAt }) => destructionAttestedAt === undefined);
  const stray = open.filter(({ tenantErased }) => tenantErased);
  const list = (some: readonly EscrowKey[]) =>
    some.map(({ id, tenant, exportedAt }) => `${id} (${tenant}, exported ${exportedAt})`).join(', ');
  if (stray.length > 0)
    return result('fail', `exported keys of erased tenants, not attested as destroyed: ${list(stray)}`);
  return result('pass', open.length === 0 ? 'no exported key exists' : `exported keys: ${list(open)}`);
}

function secondPlaceLag({ secondPlace }: ControlFacts, now: string): ControlResult {
  const result = (status: ControlResult['status'], reason: string) => ({
    id: 'second-place-lag' as const,
    subject: 'home',
    status,
    reason,
  });
  if (secondPlace === undefined) return result('exception', 'one place is in use: no second place is configured');
  const { name, uncopiedSince, allowedHours } = secondPlace;
  if (uncopiedSince === undefined) return result('pass', `${name} has every object`);
  const hours = Math.floor((Date.parse(now) - Date.parse(uncopiedSince)) / 3_600_000);
  if (hours < allowedHours) return result('pass', `${name} is ${hours} hours behind, ${allowedHours} are allowed`);
  return result('fail', `${name} is ${hours} hours behind, ${allowedHours} are allowed`);
}

function withException(result: ControlResult, exceptions: readonly ControlException[], now: string): ControlResult {
  if (result.status !== 'fail') return result;
  const accepted = exceptions.find(
    ({ id, subject, until }) => id === result.id && subject === result.subject && !isBefore(until, now),
  );
  if (accepted === undefined) return result;
  return {
    ...result,
    status: 'exception',
    reason: `${result.reason}; accepted until ${accepted.until}: ${accepted.reason}`,
  };
}

/** Controls about sources and cases when there are none. */
const perSubject: Partial<Record<ControlId, string>> = {
  freshness: 'no source is protected',
  'missed-slots': 'no source is protected',
  'restore-tested': 'no source is protected',
  coverage: 'no source has copies',
  'copy-age': 'no source has copies',
  'cases-overdue': 'no case is open',
  'notices-undeliverable': 'no case is open',
};

function withoutSubject(results: readonly ControlResult[]): ControlResult[] {
  const seen = new Set(results.map(({ id }) => id));
  return (Object.entries(perSubject) as [ControlId, string][])
    .filter(([id]) => !seen.has(id))
    .map(([id, reason]) => ({ id, subject: 'home', status: 'pass', reason }));
}
