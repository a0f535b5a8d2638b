import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { isWholeTenant } from '../domain/scope.ts';
import type { TableKey } from '../ports/table.ts';
import { notices, ordinal, runItems, tracesOf } from '../records.ts';
import { scratchItem } from './restore-into-scratch.ts';

/** What was removed of Tenure's own traces. */
export interface ForgottenTraces {
  rows: number;
  scratch: number;
  mails: number;
}

/**
 * Removes what Tenure itself remembers of an erased scope: rows that name the tenant or source, restored folders, mails kept
 * for relaying. The case, its notices' evidence (sealed) and the ledger stay: they prove the erasure and hold no content.
 * The tenant's own record goes when the case closes, since the report is still to be addressed.
 */
export async function forgetTraces(deps: Deps, value: Case): Promise<ForgottenTraces> {
  let scratch = 0;
  for (const name of await deps.scratch.list()) {
    if (!(await isOfScope(deps, name, value))) continue;
    await deps.scratch.remove(name);
    scratch++;
  }
  if (value.scope.paths !== undefined) return { rows: 0, scratch, mails: 0 };
  const { pk } = tracesOf(value.tenant, { pk: '', sk: '' });
  const rows = (await deps.table.queryIndex(2, pk)).filter(
    (row) => isWholeTenant(value.scope) || namesSource(row, value),
  );
  for (let i = 0; i < rows.length; i += 100) {
    await deps.table.transact(rows.slice(i, i + 100).map((row) => ({ delete: { pk: row.pk, sk: row.sk } })));
  }
  const sent = await notices.list(deps.table, `CASE#${value.id}`, { prefix: 'NOTICE#' });
  const ids = sent.map((stored) => stored.value.messageId).filter((id) => id !== undefined);
  return { rows: rows.length, scratch, mails: await deps.purgeOutbox(ids) };
}

/** Whether a restored folder is of the scope: the item that made it says so. What nobody accounts for goes as well. */
async function isOfScope(deps: Deps, name: string, value: Case): Promise<boolean> {
  const { run, item } = scratchItem(name);
  const made = run === undefined ? undefined : (await runItems.read(deps.table, run, ordinal(item)))?.value;
  if (made === undefined) return true;
  return made.tenant === value.tenant && (value.scope.source === undefined || made.source === value.scope.source);
}

/** Whether a row is about the source of the scope: its keys hold `tenant/source`, or its record names it. */
function namesSource(row: TableKey & { data: Record<string, unknown> }, value: Case): boolean {
  const record = row.data.value as { source?: unknown; name?: unknown } | undefined;
  return (
    record?.source === value.scope.source ||
    (row.pk === `SOURCES#${value.tenant}` && record?.name === value.scope.source)
  );
}
