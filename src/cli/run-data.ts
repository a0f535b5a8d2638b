import type { RunItem } from '../domain/run.ts';
import type { RunReport } from '../use-cases/report-run.ts';

/** One line of a report: what a run did about one thing. */
export interface RunLine {
  tenant: string;
  source?: string;
  status: RunItem['status'];
  reasons: string[];
  [particular: string]: unknown;
}

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

/** One copy as an expiry sees it. */
export interface CopyLine {
  tenant: string;
  source: string;
  id: string;
  at: string;
  keep: boolean;
  reasons: string[];
}

/** Facts of an item that a reader of the report wants, by machine, under the names they get. */
const particulars: Record<string, Record<string, string>> = {
  backup: {
    notices: 'notices',
    firstNotices: 'firstNotices',
    totals: 'totals',
    readAgain: 'readAgain',
    damaged: 'damaged',
  },
  'restore-test': {
    kind: 'kind',
    verdict: 'verdict',
    differences: 'differences',
    differenceCount: 'differenceCount',
    damaged: 'damaged',
    objects: 'objects',
    bytes: 'bytes',
    durationMs: 'durationMs',
    packs: 'packs',
    packsRead: 'packsRead',
    bytesRead: 'bytesRead',
    problems: 'problems',
  },
  expiry: {
    removed: 'removed',
    keysDestroyed: 'keysDestroyed',
    objectsDeleted: 'objectsDeleted',
    survivors: 'survivors',
  },
  'obsolescence-audit': { findings: 'findings', sources: 'sources', objects: 'objects' },
  notice: { status: 'caseStatus', sent: 'sent', erasure: 'erasure' },
  erasure: {},
};

/** What an item is about, under the name that a reader expects. */
const subjects: Record<string, string> = {
  backup: 'snapshot',
  'restore-test': 'snapshot',
  notice: 'case',
  erasure: 'case',
};

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

function lineOf(machine: string, item: RunItem): RunLine {
  const subject = subjects[machine];
  const line: RunLine = {
    tenant: item.tenant,
    ...(item.source === undefined ? {} : { source: item.source }),
    status: item.status,
    reasons: item.reasons,
    ...(subject === undefined || item.subject === undefined ? {} : { [subject]: item.subject }),
  };
  for (const [fact, name] of Object.entries(particulars[machine] ?? {})) {
    if (item.facts[fact] !== undefined) line[name] = item.facts[fact];
  }
  return line;
}

function copiesOf(item: RunItem): CopyLine[] {
  const decisions = (item.facts.decisions ?? []) as Omit<CopyLine, 'tenant' | 'source'>[];
  return decisions.map((decision) => ({ tenant: item.tenant, source: item.source ?? '', ...decision }));
}

function erasureOf(report: RunReport, { run, outcome, fault }: RunReport) {
  const item = report.items.find(({ facts }) => facts.erasure === run);
  return { run, case: item?.subject, outcome, ...(fault === undefined ? {} : { fault }) };
}
