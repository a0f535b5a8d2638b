import type { Deps } from '../deps.ts';
import type { Alert } from '../domain/alert.ts';
import type { Case } from '../domain/case.ts';
import { isWholeTenant } from '../domain/scope.ts';
import type { Row } from '../ports/table.ts';
import { alerts, downloads, ordinal, runItems, tenants, tracesOf } from '../records.ts';
import { forgetSubjects } from './control-reports.ts';
import { forgetDownloads } from './forget-downloads.ts';
import { forgetWords } from './forget-words.ts';
import type { Pace } from './legs.ts';
import { scratchItem } from './restore-into-scratch.ts';

/** What was removed of Tenure's own traces. */
export interface ForgottenTraces {
  /** It was told to stop before all folders in scratch were removed; nothing else was touched yet. */
  stopped: boolean;
  rows: number;
  scratch: number;
  mails: number;
}

/**
 * Removes what Tenure itself remembers of an erased scope: rows that name the tenant, source or paths, restored folders, mails
 * kept for relaying. The case, its notices' evidence (sealed) and the ledger stay: they prove the erasure and hold no content.
 * The tenant's own record goes when the case closes, since the report is still to be addressed.
 */
export async function forgetTraces(deps: Deps, value: Case, pace: Pace): Promise<ForgottenTraces> {
  let scratch = 0;
  for (const name of await deps.scratch.list()) {
    if (!(await isOfScope(deps, name, value))) continue;
    await deps.scratch.remove(name, { goOn: pace.goOn });
    if (pace.stopped) return { stopped: true, rows: 0, scratch, mails: 0 };
    scratch++;
  }
  // Also where a list of folders shows nothing, and whatever the paths: an archive holds them all.
  const prepared = await forgetDownloads(deps, value.tenant, ({ source }) => touches(value, source));
  const rows = await forgetRows(deps, value.tenant, (row) => tellsOf(row, value));
  if (isWholeTenant(value.scope)) await forgetWords(deps, value.tenant);
  if (value.scope.paths === undefined) {
    const { tenant: of, source } = value.scope;
    await forgetSubjects(deps, (subject) =>
      source === undefined ? subject.startsWith(`${of}/`) : subject === `${of}/${source}`,
    );
  }
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  const whole = tenant?.ledgerId ?? '';
  const mails = await deps.purgeOutbox(isWholeTenant(value.scope) ? whole : `${whole}/${value.id}`);
  return { stopped: false, rows: prepared + rows, scratch, mails };
}

/**
 * What has come since the sweep of a whole tenant: answers to calls that were under way, accounts of invoices that nobody knew, keys.
 * An alert that waits for a person stays: that a payment came too late has to be known.
 */
export async function forgetLate(deps: Deps, tenant: string): Promise<void> {
  await forgetRows(deps, tenant, ({ pk, data: { value } }) => {
    return pk !== alerts.key('').pk || (value as unknown as Alert).status === 'closed';
  });
  await forgetWords(deps, tenant);
}

async function forgetRows(deps: Deps, tenant: string, isOne: (row: Row) => boolean): Promise<number> {
  const { pk } = tracesOf(tenant, { pk: '', sk: '' });
  const rows = (await deps.table.queryIndex(2, pk)).filter(isOne);
  for (let i = 0; i < rows.length; i += 100) {
    await deps.table.transact(rows.slice(i, i + 100).map((row) => ({ delete: { pk: row.pk, sk: row.sk } })));
  }
  return rows.length;
}

/** Whether a folder in scratch is of the scope: the item or download that made it says so. What nobody accounts for goes as well. */
async function isOfScope(deps: Deps, name: string, value: Case): Promise<boolean> {
  const { run, item } = scratchItem(name);
  const made =
    run === undefined
      ? (await downloads.read(deps.table, name))?.value
      : (await runItems.read(deps.table, run, ordinal(item)))?.value;
  if (made === undefined) return true;
  return made.tenant === value.tenant && touches(value, made.source);
}

/** Whether something of a source holds what the case is about. What is of several sources holds each of them. */
function touches({ scope }: Case, source: string | undefined): boolean {
  return scope.source === undefined || source === undefined || source === scope.source;
}

/**
 * Whether a row of the tenant tells of the scope. Of chosen paths: a report of a run, a restore test or an alert that quotes one
 * of them; the record of the source itself stays.
 */
function tellsOf(row: Row, value: Case): boolean {
  if (isWholeTenant(value.scope)) return true;
  const record = row.data.value as { source?: unknown; name?: unknown; subject?: unknown } | undefined;
  const isSource = row.pk === `SOURCES#${value.tenant}`;
  const ofSource =
    record?.source === value.scope.source ||
    record?.subject === `${value.tenant}/${value.scope.source}` ||
    (isSource && record?.name === value.scope.source);
  if (value.scope.paths === undefined) return ofSource;
  const text = JSON.stringify(record ?? {});
  return ofSource && !isSource && value.scope.paths.some((path) => text.includes(JSON.stringify(path).slice(1, -1)));
}
