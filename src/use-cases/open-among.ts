import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { Actor, InvoiceDue } from '../domain/case-events.ts';
import { sealCode } from '../domain/confirmation.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { Scope } from '../domain/scope.ts';
import type { Write } from '../ports/table.ts';
import { tenants } from '../records.ts';
import { requireCaseEvent } from './apply-case-event.ts';
import type { OpenCases } from './open-cases.ts';
import { planOf } from './plan-of.ts';
import { requireTenant } from './tenant-fields.ts';

/** Signs of a code: without those that are mistaken for one another. 8 of 32 are 40 bits. */
const codeSigns = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** What a case is opened for. */
export interface NewCase {
  scope: Scope;
  reason: Case['reason'];
  actor: Actor;
  note?: string;
  invoices?: InvoiceDue[];
  /** Writes that belong to the case, in the transaction that opens it. */
  writes?: (id: string) => readonly Write[];
}

/** Opens a case among those of its tenant that were open when they were read, unless one was opened or the tenant changed since. */
export async function openAmong(
  deps: Deps,
  among: OpenCases,
  { scope, reason, actor, note, invoices, writes: own }: NewCase,
): Promise<Case> {
  // Read after the cases: if one of them has erased the tenant since, that is seen here.
  const { value: tenant, version } = await requireTenant(deps, scope.tenant);
  if (tenant.status === 'erased') throw noTenant(tenant.id);
  const id = `c-${deps.random(5).toString('hex')}`;
  const now = deps.clock.now();
  const code = reason === 'customer-request' ? drawCode(deps) : undefined;
  const asItIs: Write = { check: tenants.key(tenant.id), when: version };
  const writes = [asItIs, among.opening(id), ...(own?.(id) ?? [])];
  const decision = await requireCaseEvent(
    deps,
    id,
    {
      type: 'open',
      id,
      at: now,
      actor,
      scope,
      reason,
      planDigest: (await planOf(deps, tenant)).digest,
      ...(tenant.agreement === undefined ? {} : { agreementReference: tenant.agreement.reference }),
      ...(note === undefined ? {} : { note }),
      ...(invoices === undefined ? {} : { invoices }),
      ...(code === undefined ? {} : { code: sealCode(code, deps.random(16).toString('hex'), now) }),
    },
    code === undefined ? { writes } : { writes, secrets: { code } },
  );
  return decision.case;
}

/** A new confirmation code. */
export function drawCode(deps: Deps): string {
  return [...deps.random(8)].map((byte) => codeSigns[byte % codeSigns.length]).join('');
}

/** The fault where there is none, or none any more. */
export function noTenant(id: string): NotFoundError {
  return new NotFoundError(`there is no tenant ${id}`, { hint: '`tenure tenant list` shows all tenants.' });
}
