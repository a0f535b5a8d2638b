import { findings } from '../records.ts';
import { useCase } from '../use-case.ts';
import { appendLedger } from './append-ledger.ts';
import { findingSubject, obsoleteData } from './finding-alerts.ts';
import { raiseAlert, settleAlerts } from './raise-alert.ts';
import { itemsOf, runInput, summarise } from './run-items.ts';

/** Puts the audit on record, and asks an operator to triage what it found. */
export const summariseAudit = useCase(runInput, async (deps, { run }) => {
  const found: string[] = [];
  const audited = new Set<string>();
  for (const item of await itemsOf(deps, run)) {
    found.push(...((item.facts.findings as string[] | undefined) ?? []));
    if (item.status === 'done') audited.add(item.tenant);
  }
  const standing = new Set<string>();
  for (const id of found) {
    const finding = (await findings.read(deps.table, id))?.value;
    if (finding?.status !== 'open') continue;
    const { tenant, source } = finding.scope;
    const subject = source === undefined ? tenant : `${tenant}/${source}`;
    standing.add(findingSubject(finding));
    const option = source === undefined ? '' : ` --source ${source}`;
    const message = `Audit finding ${id} on ${subject}: ${finding.reason}. Open a case with \`tenure case open --tenant ${tenant}${option} --reason obsolete\`.`;
    await raiseAlert(deps, { kind: obsoleteData, subject: findingSubject(finding), tenant, message });
  }
  await settleAlerts(deps, ({ kind, subject, tenant }) => {
    if (kind !== obsoleteData || !audited.has(tenant ?? '') || standing.has(subject)) return undefined;
    return `${run} found it no more, or a case is about it`;
  });
  const summary = await summarise(deps, run, { findings: found.length });
  await appendLedger(deps, { type: 'audit-done', actor: 'system', subjects: [run, ...found.slice(0, 200)] });
  return { outcome: summary.outcome, failed: summary.counts.failed ?? 0 };
});
