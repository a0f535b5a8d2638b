import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { Actor, InvoiceDue } from '../domain/case-events.ts';
import { sealCode } from '../domain/confirmation.ts';
import { ConflictError, InvalidError, NotFoundError } from '../domain/errors.ts';
import { aboutField } from '../domain/field-fault.ts';
import { overlaps, type Scope } from '../domain/scope.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Write } from '../ports/table.ts';
import { findings, tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { requireCaseEvent } from './apply-case-event.ts';
import { type OpenCases, openCasesOf } from './open-cases.ts';
import { planOf } from './plan-of.ts';
import { scopePaths } from './scope-paths.ts';
import { requireSource } from './source-fields.ts';
import { requireTenant } from './tenant-fields.ts';
import { pathField, textField } from './text-fields.ts';

const input = z.object({
  tenant: z.string(),
  source: z.string().optional(),
  /** Paths within the source; one that ends in `/` means everything below it. */
  paths: z.array(pathField(4096).min(1)).min(1).optional(),
  reason: z.enum(['customer-request', 'obsolete']),
  note: textField(2000).optional(),
  actor: actorInput,
});

/** Signs of a code: without those that are mistaken for one another. 8 of 32 are 40 bits. */
const codeSigns = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Opens a case by hand: a customer's request (confirmed by a code to the address on file) or obsolete data that was triaged. */
export const openCase = useCase(input, async (deps, { tenant: id, source, paths, reason, note, actor }) => {
  const tenant = (await tenants.read(deps.table, id))?.value;
  if (tenant === undefined || tenant.status === 'erased') throw noTenant(id);
  const scope = await scopeOf(deps, id, source, paths);
  const opened = await openNewCase(deps, tenant, { scope, reason, actor, ...(note === undefined ? {} : { note }) });
  await closeFindings(deps, opened);
  return opened;
});

function noTenant(id: string): NotFoundError {
  return new NotFoundError(`there is no tenant ${id}`, { hint: '`tenure tenant list` shows all tenants.' });
}

/** The scope of a case in a tenant's data. @throws InvalidError, NotFoundError for what is not there */
export async function scopeOf(
  deps: Deps,
  tenant: string,
  source: string | undefined,
  paths: string[] | undefined,
): Promise<Scope> {
  if (source === undefined) {
    if (paths === undefined) return { tenant };
    const message = 'paths are those of a source, and none is named';
    throw new InvalidError(message, { hint: 'Add --source NAME.', fields: [{ path: ['source'], message }] });
  }
  const { value } = await requireSource(deps, tenant, source);
  return paths === undefined
    ? { tenant, source }
    : { tenant, source, paths: await aboutField(['paths'], () => scopePaths(deps, value, paths)) };
}

/** What a case is opened for. */
interface NewCase {
  scope: Scope;
  reason: Case['reason'];
  actor: Actor;
  note?: string;
  invoices?: InvoiceDue[];
  /** Writes that belong to the case, in the transaction that opens it. */
  writes?: (id: string) => readonly Write[];
}

/** Opens a case of any reason. One case at a time may be about the same data. */
export async function openNewCase(deps: Deps, { id }: Tenant, request: NewCase): Promise<Case> {
  return await untilUnchanged(async () => {
    const among = await openCasesOf(deps, id);
    const other = among.open.find(({ scope }) => overlaps(scope, request.scope));
    if (other !== undefined) {
      throw new ConflictError(`case ${other.id} (${other.reason}, ${other.status}) is already about this data`, {
        hint: `Look at it with \`tenure case show ${other.id}\`; cancel it first, or let it end.`,
      });
    }
    return await openAmong(deps, among, request);
  });
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

/** Findings that the case is about are triaged by it. */
async function closeFindings(deps: Deps, opened: Case): Promise<void> {
  if (opened.reason !== 'obsolete') return;
  await untilUnchanged(async () => {
    for (const { value: finding, version } of await findings.list(deps.table, 'FINDINGS')) {
      if (finding.status !== 'open' || !overlaps(finding.scope, opened.scope)) continue;
      await deps.table.transact([findings.write({ ...finding, status: 'case-opened', caseId: opened.id }, version)]);
    }
  });
}
