import type { RunLine } from '../domain/run-line.ts';
import type { RunReport } from '../use-cases/report-run.ts';
import type { RunData } from './run-data.ts';
import { shownName } from './shown-name.ts';
import { atText, bytesText, columns, counted, indent } from './text.ts';

/** The report for people: a line or a few per thing that the run was about, then how it ended. */
export function runText(report: RunReport, data: RunData, dryRun: boolean): string {
  const body =
    report.machine === 'expiry'
      ? expiryText(data, dryRun)
      : data.items.map((line) => itemText(report.machine, line)).join('\n');
  const erasures = (data.erasures ?? []).map(
    (erasure) => `erasure ${erasure.run}: ${erasure.outcome}${faultText(erasure.fault)}`,
  );
  return [body, ...erasures, endText(data, dryRun)].filter((part) => part !== '').join('\n');
}

function endText({ run, outcome, counts, fault, items }: RunData, dryRun: boolean): string {
  if (dryRun) return `Dry run: nothing was changed.`;
  if (outcome === 'nothing-to-do' || (items.length === 0 && outcome === 'ok')) return `${run}: nothing to do.`;
  if (outcome === 'running') return `${run} is under way in another process.`;
  const told = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  return `${run}: ${outcome}${told.length === 0 ? '' : ` (${told.join(', ')})`}${faultText(fault)}`;
}

function faultText(fault: { name: string; message: string } | undefined): string {
  return fault === undefined ? '' : `\n  ${fault.name}: ${fault.message}`;
}

function itemText(machine: string, line: RunLine): string {
  const subject = line.source === undefined ? line.tenant : `${line.tenant}/${line.source}`;
  const told = (describe[machine] ?? statusText)(line);
  return [
    `${subject}: ${told}`,
    ...line.reasons.map((reason) => indent(shownName(reason))),
    ...details(line).map((detail) => indent(detail)),
  ].join('\n');
}

const statusText = (line: RunLine): string => line.status;

const describe: Record<string, (line: RunLine) => string> = {
  backup: (line) => {
    const totals = line.totals as { objects: number; bytes: number; addedBytes: number } | undefined;
    if (line.status !== 'done' || totals === undefined) return line.status;
    const size = `${counted(totals.objects, 'object')}, ${bytesText(totals.bytes)}, ${bytesText(totals.addedBytes)} added`;
    const again =
      line.readAgain === undefined
        ? ''
        : `, ${counted(Number(line.readAgain), 'file')} read again because an earlier copy is damaged`;
    return `snapshot ${String(line.snapshot)}, ${size}${again}`;
  },
  'restore-test': (line) => {
    if (line.kind === 'packs') {
      if (line.packsRead === undefined) return `packs: ${line.status}`;
      return `read ${String(line.packsRead)} of ${String(line.packs)} packs in full, ${bytesText(Number(line.bytesRead))}: ${line.status === 'done' ? 'all good' : line.status}`;
    }
    const size =
      line.objects === undefined
        ? ''
        : ` (${counted(Number(line.objects), 'object')}, ${bytesText(Number(line.bytes))}, ${(Number(line.durationMs) / 1000).toFixed(1)} s)`;
    return `snapshot ${String(line.snapshot)} ${String(line.verdict ?? line.status)}${size}`;
  },
  'obsolescence-audit': (line) => `${line.status}, ${counted(((line.findings ?? []) as unknown[]).length, 'finding')}`,
  notice: (line) =>
    `case ${String(line.case)} ${String(line.caseStatus ?? '')}, ${line.status}${line.sent ? `, ${counted(Number(line.sent), 'mail')} sent` : ''}`,
};

/** What a reader looks for next: the objects that differ, are damaged, or were not backed up. What the reasons say is not said again. */
function details(line: RunLine): string[] {
  const objects = [...((line.damaged ?? []) as Named[]), ...((line.differences ?? []) as Named[])];
  const told = objects.map(({ key, reason }) => shownName(`${key}: ${reason}`));
  for (const problem of (line.problems ?? []) as Problem[]) {
    for (const { key } of problem.affects ?? []) told.push(`hit: ${shownName(key)}`);
  }
  const lines = [...new Set(told)].filter((each) => !line.reasons.map(shownName).includes(each));
  const notices = (line.firstNotices ?? []) as string[];
  if (notices.length > 0)
    lines.push(`${counted(Number(line.notices), 'notice')}:`, ...notices.map((notice) => indent(shownName(notice))));
  return lines.length > 40 ? [...lines.slice(0, 40), `and ${lines.length - 40} more; --json lists them`] : lines;
}

interface Named {
  key: string;
  reason: string;
}

interface Problem {
  affects?: { key: string }[];
}

function expiryText(data: RunData, dryRun: boolean): string {
  const rows = (data.copies ?? []).map(({ tenant, source, id, at, keep, reasons }) => [
    `${tenant}/${source}`,
    id,
    atText(at),
    keep ? 'stays' : dryRun ? 'would go' : 'goes',
    reasons.join('; '),
  ]);
  const stuck = data.items.filter(({ status }) => status !== 'done' && !dryRun).map((line) => itemText('expiry', line));
  const table = rows.length === 0 ? [] : [columns(['SOURCE', 'COPY', 'TAKEN', 'DECISION', 'REASONS'], rows)];
  return [...table, ...stuck].join('\n');
}
