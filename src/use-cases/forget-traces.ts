import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { withoutCallers } from '../domain/case-callers.ts';
import { isWholeTenant } from '../domain/scope.ts';
import type { Row } from '../ports/table.ts';
import { cases, downloads, ordinal, runItems, tenants, tracesOf } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { forgetSubjects } from './control-reports.ts';
import { forgetController } from './forget-callers.ts';
import type { Pace } from './legs.ts';
import { scratchItem } from './restore-into-scratch.ts';
import { withoutAddresses } from './without-addresses.ts';

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
  const { pk } = tracesOf(value.tenant, { pk: '', sk: '' });
  const rows = (await deps.table.queryIndex(2, pk)).filter((row) => tellsOf(row, value));
  for (let i = 0; i < rows.length; i += 100) {
    await deps.table.transact(rows.slice(i, i + 100).map((row) => ({ delete: { pk: row.pk, sk: row.sk } })));
  }
  if (isWholeTenant(value.scope)) await forgetWords(deps, value);
  if (value.scope.paths === undefined) {
    const { tenant: of, source } = value.scope;
    await forgetSubjects(deps, (subject) =>
      source === undefined ? subject.startsWith(`${of}/`) : subject === `${of}/${source}`,
    );
  }
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  const whole = tenant?.ledgerId ?? '';
  const mails = await deps.purgeOutbox(isWholeTenant(value.scope) ? whole : `${whole}/${value.id}`);
  return { stopped: false, rows: rows.length, scratch, mails };
}

/**
 * The course of the tenant's cases stays. What people wrote into them goes, who of the customer's people acted, and the paths of
 * earlier ones: no copy is left that could bring them back.
 */
async function forgetWords(deps: Deps, value: Case): Promise<void> {
  for (const { value: nominated } of await cases.of(deps.table, value.tenant)) {
    await untilUnchanged(async () => {
      const stored = await cases.read(deps.table, nominated.id);
      if (stored === undefined) return;
      await deps.table.transact([cases.write(withoutCallers(withoutWords(stored.value)), stored.version)]);
    });
    await forgetController(deps, nominated.id);
  }
}

function withoutWords(value: Case): Case {
  const { note: _note, ...rest } = value;
  const { paths: _paths, ...scope } = value.scope;
  return {
    ...rest,
    scope: scope as Case['scope'],
    timeline: value.timeline.map(({ note: _words, ...entry }) => entry),
    deliveries: value.deliveries.map(({ bounced, ...delivery }) =>
      bounced === undefined
        ? delivery
        : { ...delivery, bounced: { ...bounced, reason: withoutAddresses(bounced.reason) } },
    ),
  } as Case;
}

/** Whether a folder in scratch is of the scope: the item or download that made it says so. What nobody accounts for goes as well. */
async function isOfScope(deps: Deps, name: string, value: Case): Promise<boolean> {
  const { run, item } = scratchItem(name);
  const made =
    run === undefined
      ? (await downloads.read(deps.table, name))?.value
      : (await runItems.read(deps.table, run, ordinal(item)))?.value;
  if (made === undefined) return true;
  // What is of several sources holds this one too.
  const { source } = value.scope;
  return made.tenant === value.tenant && (source === undefined || made.source === undefined || made.source === source);
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
