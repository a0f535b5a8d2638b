import { type CopyLine, copiesOf, lineOf, type RunLine } from '../domain/run-line.ts';
import type { RunReport } from '../use-cases/report-run.ts';

/** What `tenure run … --json` prints. */
export interface RunData {
  run: string;
  machine: string;
  outcome: RunReport['outcome'];
  startedAt: string;
  endedAt?: string;
  counts: Record<string, number>;
  items: RunLine[];
  fault?: { name: string; message: string };
  /** Of an expiry: every copy with the reasons for which it stays or goes. */
  copies?: CopyLine[];
  /** Of a sweep over cases: the erasures that it started. */
  erasures?: { run: string; case: unknown; outcome: RunReport['outcome']; fault?: { name: string; message: string } }[];
}

/** The report as data. */
export function runData(report: RunReport, erasures: readonly RunReport[]): RunData {
  const { run, machine, outcome, execution, counts, fault } = report;
  return {
    run,
    machine,
    outcome,
    startedAt: execution.startedAt,
    ...(execution.endedAt === undefined ? {} : { endedAt: execution.endedAt }),
    counts,
    items: report.items.map((item) => lineOf(machine, item)),
    ...(fault === undefined ? {} : { fault }),
    ...(machine === 'expiry' ? { copies: report.items.flatMap(copiesOf) } : {}),
    ...(machine === 'notice' ? { erasures: erasures.map((erasure) => erasureOf(report, erasure)) } : {}),
  };
}

function erasureOf(report: RunReport, { run, outcome, fault }: RunReport) {
  const item = report.items.find(({ facts }) => facts.erasure === run);
  return { run, case: item?.subject, outcome, ...(fault === undefined ? {} : { fault }) };
}
