import type { RunItem } from './run.ts';

/** One line of a report: what a run did about one thing. */
export interface RunLine {
  tenant: string;
  source?: string;
  status: RunItem['status'];
  reasons: string[];
  [particular: string]: unknown;
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

/** The line of an item of a machine's run. */
export function lineOf(machine: string, item: RunItem): RunLine {
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

/** What an expiry, also one that only looks, has decided of the copies of an item. */
export function copiesOf(item: RunItem): CopyLine[] {
  const decisions = (item.facts.decisions ?? []) as Omit<CopyLine, 'tenant' | 'source'>[];
  return decisions.map((decision) => ({ tenant: item.tenant, source: item.source ?? '', ...decision }));
}
