import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { type Case, isOver } from '../domain/case.ts';
import type { Actor, InvoiceDue } from '../domain/case-events.ts';
import { sealCode } from '../domain/confirmation.ts';
import { ConflictError, InvalidError, NotFoundError } from '../domain/errors.ts';
import { aboutField } from '../domain/field-fault.ts';
import { overlaps, type Scope } from '../domain/scope.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Write } from '../ports/table.ts';
import { cases, findings, tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { requireCaseEvent } from './apply-case-event.ts';
import { settleFinding } from './finding-alerts.ts';
import { planOf } from './plan-of.ts';
import { scopePaths } from './scope-paths.ts';
import { statusToShow } from './shown-status.ts';
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
  if (tenant === undefined || tenant.status === 'erased') {
    throw new NotFoundError(`there is no tenant ${id}`, { hint: '`tenure tenant list` shows all tenants.' });
  }
  const scope = await scopeOf(deps, id, source, paths);
  const opened = await openNewCase(deps, tenant, { scope, reason, actor, ...(note === undefined ? {} : { note }) });
  await closeFindings(deps, opened);
  return opened;
});

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
export async function openNewCase(deps: Deps, tenant: Tenant, request: NewCase): Promise<Case> {
  // The tenant's row is written with the case, as it is: of two that are opened at the same time one sees the other.
  return await untilUnchanged(async () => {
    const { value, version } = await requireTenant(deps, tenant.id);
    await refuseOther(deps, request.scope);
    return await openAlone(deps, value, request, [tenants.write(value, version)]);
  });
}

async function refuseOther(deps: Deps, scope: Scope): Promise<void> {
  const other = (await cases.of(deps.table, scope.tenant)).find(
    ({ value }) => !isOver(value) && overlaps(value.scope, scope),
  )?.value;
  if (other !== undefined) {
    const status = await statusToShow(deps, other);
    throw new ConflictError(`case ${other.id} (${other.reason}, ${status}) is already about this data`, {
      hint: `Look at it with \`tenure case show ${other.id}\`; cancel it first, or let it end.`,
    });
  }
}

async function openAlone(
  deps: Deps,
  tenant: Tenant,
  { scope, reason, actor, note, invoices, writes: own }: NewCase,
  shared: readonly Write[],
): Promise<Case> {
  const id = `c-${deps.random(5).toString('hex')}`;
  const now = deps.clock.now();
  const code = reason === 'customer-request' ? drawCode(deps) : undefined;
  const writes = [...shared, ...(own?.(id) ?? [])];
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
  for (const { value: finding, version } of await findings.list(deps.table, 'FINDINGS')) {
    if (finding.status !== 'open' || !overlaps(finding.scope, opened.scope)) continue;
    await deps.table.transact([findings.write({ ...finding, status: 'case-opened', caseId: opened.id }, version)]);
    await settleFinding(deps, finding, `case ${opened.id} is about it`);
  }
}
