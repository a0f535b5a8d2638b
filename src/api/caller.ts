import type { Actor } from '../domain/case-events.ts';
import { NotFoundError } from '../domain/errors.ts';

/** What a caller may do at all. `tenant:self`: a customer, about its own account and nothing else. */
export const accessScopes = ['tenant:self', 'finance', 'operator', 'auditor'] as const;

export type AccessScope = (typeof accessScopes)[number];

/** Who has shown a credential that holds. */
export interface Caller {
  /** Unique and stable for one person or machine, whichever credential was used: opener and approver are told apart by it. */
  id: string;
  via: 'token' | 'api-key';
  /** Id of the credential, for the ledger: the key's id, or the token's `jti`. */
  credential: string;
  /** Once a route has let the caller in: those of its scopes that the route is for. `tenant:self` goes with no other. */
  scopes: ReadonlySet<AccessScope>;
  /** The one tenant of a caller with `tenant:self`. */
  tenant?: string;
  /** The token says that a second factor was shown (RFC 8176 `amr: mfa`). A machine's key never does. */
  mfa: boolean;
}

/**
 * The caller with those of its scopes only that a route is for: what another of them allows elsewhere must not open what this route
 * gives to its own.
 */
export function narrowed({ tenant, ...caller }: Caller, allowed: readonly AccessScope[]): Caller {
  const scopes = new Set(allowed.filter((scope) => caller.scopes.has(scope)));
  return { ...caller, scopes, ...(tenant !== undefined && scopes.has('tenant:self') ? { tenant } : {}) };
}

/** The caller as the actor of a domain event. Of several roles the narrowest that the route allows counts. */
export function actorOf(caller: Caller, allowed: readonly AccessScope[]): Actor {
  const kinds = { 'tenant:self': 'customer', finance: 'finance', operator: 'operator', auditor: 'operator' } as const;
  const scope = accessScopes.find((each) => caller.scopes.has(each) && allowed.includes(each));
  return { kind: kinds[scope ?? 'auditor'], id: caller.id };
}

/** True when the caller sees every tenant, by a scope that the route is for. */
export function seesAll(caller: Caller): boolean {
  return caller.scopes.has('operator') || caller.scopes.has('auditor') || caller.scopes.has('finance');
}

/**
 * Refuses another tenant's data as if it did not exist: a customer must not learn who else is one.
 *
 * @throws NotFoundError with the words of an id that is not known
 */
export function assertSees(caller: Caller, tenant: string, notFound: () => NotFoundError): void {
  if (seesAll(caller) || caller.tenant === tenant) return;
  throw Object.assign(notFound(), { [otherTenant]: true });
}

const otherTenant = Symbol('other tenant');

/** True for the fault of {@link assertSees}: an attempt that goes on record. */
export function isOtherTenant(error: unknown): boolean {
  return typeof error === 'object' && error !== null && otherTenant in error;
}

/** The fault of a tenant that does not exist, as every route words it. */
export function noTenant(id: string): NotFoundError {
  return new NotFoundError(`there is no tenant ${id}`, { hint: 'The list of tenants shows those that you may see.' });
}
