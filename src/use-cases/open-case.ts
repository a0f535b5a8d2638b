import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { systemActor } from '../domain/case-events.ts';
import { ConflictError, InvalidError } from '../domain/errors.ts';
import { aboutField } from '../domain/field-fault.ts';
import { overlaps, type Scope } from '../domain/scope.ts';
import type { Tenant } from '../domain/tenant.ts';
import { findings, tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { settleFinding } from './finding-alerts.ts';
import { type NewCase, noTenant, openAmong } from './open-among.ts';
import { openCasesOf } from './open-cases.ts';
import { openOwed } from './open-owed.ts';
import { scopePaths } from './scope-paths.ts';
import { statusToShow } from './shown-status.ts';
import { requireSource } from './source-fields.ts';
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

/** Opens a case by hand: a customer's request (confirmed by a code to the address on file) or obsolete data that was triaged. */
export const openCase = useCase(input, async (deps, { tenant: id, source, paths, reason, note, actor }) => {
  const tenant = (await tenants.read(deps.table, id))?.value;
  if (tenant === undefined || tenant.status === 'erased') throw noTenant(id);
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

/**
 * Opens a case that somebody asks for. One case at a time may be about the same data, and what is owed comes first: it opens before
 * any other, and where its case waits for the end of one, no further request of a customer's stands in its way.
 */
export async function openNewCase(deps: Deps, { id }: Tenant, request: NewCase): Promise<Case> {
  const owed = await openOwed(deps, id, systemActor);
  if (owed.outcome === 'waits' && request.reason === 'customer-request') {
    throw new ConflictError(`something is owed, and its case opens when case ${owed.case.id} has ended`, {
      hint: 'Pay it, or let that case end first.',
    });
  }
  return await untilUnchanged(async () => {
    const among = await openCasesOf(deps, id);
    const other = among.open.find(({ scope }) => overlaps(scope, request.scope));
    if (other !== undefined) {
      const status = await statusToShow(deps, other);
      throw new ConflictError(`case ${other.id} (${other.reason}, ${status}) is already about this data`, {
        hint: `Look at it with \`tenure case show ${other.id}\`; cancel it first, or let it end.`,
      });
    }
    return await openAmong(deps, among, request);
  });
}

/** Findings that the case is about are triaged by it. */
async function closeFindings(deps: Deps, opened: Case): Promise<void> {
  if (opened.reason !== 'obsolete') return;
  await untilUnchanged(async () => {
    for (const { value: finding, version } of await findings.list(deps.table, 'FINDINGS')) {
      if (finding.status !== 'open' || !overlaps(finding.scope, opened.scope)) continue;
      await deps.table.transact([findings.write({ ...finding, status: 'case-opened', caseId: opened.id }, version)]);
      await settleFinding(deps, finding, `case ${opened.id} is about it`);
    }
  });
}
