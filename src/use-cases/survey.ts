import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { shownStatus } from '../domain/case.ts';
import type { RunSummary } from '../domain/run.ts';
import type { SystemState } from '../domain/system-state.ts';
import { alerts, cases, runSummaries, sources, systemStates, tenants } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { useCase } from '../use-case.ts';
import { newestReport } from './control-reports.ts';
import { placedHolds } from './list-holds.ts';
import { livePoints } from './managed-points.ts';

/** As many of a kind as a screen shows; all are counted. */
const shown = 8;

/** The posture of a home at one time. */
export interface Posture {
  now: string;
  simulated: boolean;
  company: string;
  /** Nothing destructive happens while one of these is there. */
  stop?: SystemState;
  quarantine?: SystemState;
  tenants: { active: number; frozen: number; paused: number; erased: number };
  sources: { active: number; removed: number };
  copies: { count: number; bytes: number; oldestAt?: string; newestAt?: string };
  /** Active sources without any copy. */
  unprotected: string[];
  cases: { open: number; list: { id: string; tenant: string; status: string; dueAt?: string }[] };
  holds: number;
  alerts: { open: number; list: { id: string; kind: string; message: string; since: string; count: number }[] };
  controls?: {
    at: string;
    passed: number;
    failed: number;
    excepted: number;
    failing: { id: string; subject: string; reason: string }[];
  };
  /** The latest runs, newest first. */
  runs: RunSummary[];
}

/** Gathers what an operator looks at first. */
export const survey = useCase(z.strictObject({}), async (deps): Promise<Posture> => {
  const [stop, quarantine] = await Promise.all(
    ['stop', 'quarantine'].map((name) => systemStates.read(deps.table, name)),
  );
  const report = await newestReport(deps);
  const runs = await runSummaries.all(deps.table, { reverse: true, limit: shown });
  return {
    now: deps.clock.now(),
    simulated: deps.clock.simulated,
    company: deps.settings.company,
    ...(stop === undefined ? {} : { stop: stop.value }),
    ...(quarantine === undefined ? {} : { quarantine: quarantine.value }),
    ...(await protection(deps)),
    ...(await openMatters(deps)),
    ...(report === undefined ? {} : { controls: controlsOf(report) }),
    runs: runs.map((stored) => stored.value),
  };
});

async function protection(deps: Deps): Promise<Pick<Posture, 'tenants' | 'sources' | 'copies' | 'unprotected'>> {
  const all = (await tenants.list(deps.table, 'TENANTS')).map((stored) => stored.value);
  const known = (await sources.all(deps.table)).map((stored) => stored.value);
  const copies = [
    ...(await listSnapshots(deps, { status: 'live' })).map(({ tenant, source, takenAt, totals }) => ({
      ...{ tenant, source, takenAt },
      bytes: totals.addedBytes,
    })),
    ...(await livePoints(deps)),
  ];
  const taken = copies.map((copy) => copy.takenAt).sort();
  const covered = new Set(copies.map((copy) => `${copy.tenant}/${copy.source}`));
  const active = known.filter((source) => source.status === 'active');
  const [oldestAt, newestAt] = [taken[0], taken.at(-1)];
  return {
    tenants: {
      active: all.filter(({ status, paused }) => status === 'active' && !paused).length,
      frozen: all.filter(({ status }) => status === 'frozen').length,
      paused: all.filter(({ status, paused }) => status !== 'erased' && paused).length,
      erased: all.filter(({ status }) => status === 'erased').length,
    },
    sources: { active: active.length, removed: known.filter(({ status }) => status === 'removed').length },
    copies: {
      count: copies.length,
      bytes: copies.reduce((sum, copy) => sum + copy.bytes, 0),
      ...(oldestAt === undefined ? {} : { oldestAt }),
      ...(newestAt === undefined ? {} : { newestAt }),
    },
    unprotected: active.map(({ tenant, name }) => `${tenant}/${name}`).filter((name) => !covered.has(name)),
  };
}

async function openMatters(deps: Deps): Promise<Pick<Posture, 'cases' | 'holds' | 'alerts'>> {
  const open = (await cases.open(deps.table)).map((stored) => stored.value);
  const told = (await alerts.list(deps.table, 'ALERTS'))
    .map((stored) => stored.value)
    .filter(({ status }) => status !== 'closed');
  const placed = await placedHolds(deps, undefined);
  const latest = told.sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1));
  return {
    cases: {
      open: open.length,
      list: open.slice(0, shown).map((value) => ({
        id: value.id,
        tenant: value.tenant,
        status: shownStatus(value, placed),
        ...('clock' in value ? { dueAt: value.clock.dueAt } : {}),
      })),
    },
    holds: placed.length,
    alerts: {
      open: told.length,
      list: latest
        .slice(0, shown)
        .map(({ id, kind, message, openedAt, count }) => ({ id, kind, message, since: openedAt, count })),
    },
  };
}

function controlsOf({
  at,
  results,
}: {
  at: string;
  results: readonly { id: string; subject: string; status: string; reason: string }[];
}) {
  const failing = results.filter(({ status }) => status === 'fail');
  return {
    at,
    passed: results.filter(({ status }) => status === 'pass').length,
    failed: failing.length,
    excepted: results.filter(({ status }) => status === 'exception').length,
    failing: failing.slice(0, shown).map(({ id, subject, reason }) => ({ id, subject, reason })),
  };
}
