import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import { type ControlFacts, type ControlResult, evaluateControls } from '../domain/controls.ts';
import type { Source } from '../domain/source.ts';
import type { SourceControlFacts } from '../domain/source-controls.ts';
import type { Tenant } from '../domain/tenant.ts';
import { cases, packCoverages, restoreTests, slots, sources, tenants } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { useCase } from '../use-case.ts';
import { appendLedger } from './append-ledger.ts';
import { keepReport } from './control-reports.ts';
import { placedHolds } from './list-holds.ts';
import { pointsOf } from './managed-points.ts';
import { planOf } from './plan-of.ts';
import { mailUnsentAlerts, raiseAlert, settleAlerts } from './raise-alert.ts';
import { scheduleSlots } from './schedule-slots.ts';
import { sealLedger } from './seal-ledger.ts';
import { customerNotTold, tellCopyAging } from './tell-copy-aging.ts';

/** Slots of this many days are looked at. */
const slotDays = 9;

/**
 * Evaluates every control now, records the report, opens and settles alerts, tells customers whose last copy grows old, and
 * seals the ledger once a day.
 */
export const runControls = useCase(z.object({}), async (deps) => {
  await scheduleSlots(deps);
  await mailUnsentAlerts(deps);
  const now = deps.clock.now();
  const results = evaluateControls(await gatherFacts(deps), now);
  await keepReport(deps, { at: now, results });
  for (const result of results) {
    if (result.status === 'fail') {
      const message = `Control ${result.id} fails for ${result.subject}: ${result.reason}`;
      await raiseAlert(deps, { kind: `control-${result.id}`, subject: result.subject, message, ...tenantOf(result) });
    }
    if (result.tellCustomer === true) await tellCopyAging(deps, result.subject);
  }
  await settleAlerts(deps, ({ kind, subject }) => causeGone(results, kind, subject));
  const failed = results.filter((result) => result.status === 'fail').length;
  await appendLedger(deps, {
    type: failed === 0 ? 'controls-passed' : 'controls-failed',
    actor: 'system',
    subjects: [],
  });
  await sealLedger.typed(deps, {});
  return { at: now, failed, results };
});

async function gatherFacts(deps: Deps): Promise<ControlFacts> {
  const protectedSources = (await sources.all(deps.table)).map((stored) => stored.value);
  const facts: SourceControlFacts[] = [];
  for (const source of protectedSources) {
    const tenant = (await tenants.read(deps.table, source.tenant))?.value;
    if (tenant !== undefined && source.status !== 'erased' && tenant.status !== 'erased')
      facts.push(await sourceFacts(deps, tenant, source));
  }
  return {
    sources: facts,
    cases: (await cases.open(deps.table)).map((stored) => stored.value),
    holds: await placedHolds(deps, undefined),
    keyReplicas: await deps.keys.replicas(),
    keyRecoveries: await deps.keys.recoveries(),
    escrow: [],
    exceptions: [],
  };
}

async function sourceFacts(deps: Deps, tenant: Tenant, source: Source): Promise<SourceControlFacts> {
  const { plan } = await planOf(deps, tenant);
  const scope = { tenant: tenant.id, source: source.name };
  const copies: { id: string; takenAt: string; status: string }[] =
    source.kind === 'aws-backup'
      ? (await pointsOf(deps, tenant.id, source.name)).map((point) => ({ ...point, id: point.arn }))
      : (await listSnapshots(deps, { ...scope, status: 'any' })).filter((snapshot) => snapshot.status !== 'gone');
  const tests = (await restoreTests.list(deps.table, `RESTORE-TESTS#${tenant.id}/${source.name}`)).map(
    (stored) => stored.value,
  );
  // The newest verdict on a copy counts; one that could not be tested says nothing of it.
  const verdicts = new Map(
    tests.filter(({ verdict }) => verdict !== 'not-tested').map(({ snapshot, verdict }) => [snapshot, verdict]),
  );
  const newestGood = copies.filter((copy) => copy.status === 'live' && verdicts.get(copy.id) !== 'failed').at(-1);
  const lastTest = tests.at(-1);
  const coverage = (await packCoverages.read(deps.table, tenant.id, source.name))?.value;
  const since = addDays(deps.clock.now(), -slotDays);
  const due = [];
  for (const cadence of ['daily', 'weekly'] as const) {
    const range = { from: `${cadence}#${since}`, to: `${cadence}#${deps.clock.now()}~` };
    due.push(
      ...(await slots.list(deps.table, `SLOTS#${tenant.id}/${source.name}`, range)).map((stored) => stored.value),
    );
  }
  return {
    ...scope,
    status: source.status === 'active' ? 'active' : 'removed',
    paused: tenant.paused,
    createdAt: source.createdAt,
    ...(newestGood === undefined ? {} : { newestGoodCopyAt: newestGood.takenAt }),
    ...(copies[0] === undefined ? {} : { oldestCopyAt: copies[0].takenAt }),
    slots: due,
    ...(lastTest === undefined ? {} : { lastRestoreTest: { testedAt: lastTest.testedAt, verdict: lastTest.verdict } }),
    packs: { total: coverage?.total ?? 0, unread: coverage?.unread ?? 0 },
    retentionDays: plan.retention.retentionDays,
    everyDays: plan.restoreTests.everyDays,
    coverageDays: plan.restoreTests.coverageDays,
  };
}

/** Why an alert of the controls is not needed any more; its subject may have ended, and then nothing says a word about it. */
function causeGone(results: readonly ControlResult[], kind: string, subject: string): string | undefined {
  const about = results.filter((result) => result.subject === subject);
  if (kind === customerNotTold) return about.some(({ tellCustomer }) => tellCustomer) ? undefined : 'no copy grows old';
  if (!kind.startsWith('control-')) return undefined;
  const result = about.find(({ id }) => kind === `control-${id}`);
  if (result?.status === 'fail') return undefined;
  return result?.reason ?? `${subject} is controlled no more`;
}

function tenantOf(result: ControlResult): { tenant?: string } {
  const [tenant, source] = result.subject.split('/');
  return tenant !== undefined && source !== undefined ? { tenant } : {};
}
