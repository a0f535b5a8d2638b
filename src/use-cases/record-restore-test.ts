import { type ManagedRestoreOutcome, managedRestoreVerdict, pointName } from '../domain/managed-point.ts';
import type { Plan } from '../domain/plan.ts';
import type { RestoreTest } from '../domain/restore-test.ts';
import { restoreTestVerdict } from '../domain/restore-test.ts';
import type { RunItem } from '../domain/run.ts';
import { restoreTests } from '../records.ts';
import { useCase } from '../use-case.ts';
import { appendLedger } from './append-ledger.ts';
import type { Finding } from './named-findings.ts';
import { planOf } from './plan-of.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/** Gives the verdict on one restored point, dated and on record. What could not be tested is said to be untested, not passed. */
export const recordRestoreTest = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done' || item.status === 'skipped' || item.facts.verdict !== undefined)
    return { outcome: 'recorded' as const };
  const { tenant, source } = await subjectOf(deps, item);
  const { plan } = await planOf(deps, tenant);
  const damaged = (item.facts.damaged as Finding[] | undefined) ?? [];
  const compared = (item.facts.differences as Finding[] | undefined) ?? [];
  // What could not be restored is found missing as well: it is one difference, and the damage is what to tell of it.
  const differences = [...damaged, ...compared.filter(({ key }) => !damaged.some((one) => one.key === key))];
  const tested = item.facts.compared === true;
  const managed = item.facts.managed !== undefined;
  const { verdict, reasons } = managed
    ? managedRestoreVerdict(outcomeOf(item, plan))
    : restoreTestVerdict({
        differences,
        differenceCount: Math.max(Number(item.facts.damagedCount ?? 0), Number(item.facts.differenceCount ?? 0)),
        errors: tested ? [] : item.reasons,
        durationMs: Number(item.facts.durationMs ?? 0),
        objectiveMinutes: plan.restoreTests.recoveryTimeObjectiveMinutes,
        tested,
        ...(item.facts.validator === undefined
          ? {}
          : { validator: item.facts.validator as { ok: boolean; output: string } }),
      });
  const test: RestoreTest = {
    tenant: tenant.id,
    source: source.name,
    snapshot: item.subject ?? '',
    testedAt: deps.clock.now(),
    verdict,
    reasons,
    differences: differences.slice(0, 100),
    objects: Number(item.facts.objects ?? 0),
    bytes: Number(item.facts.bytes ?? 0),
    durationMs: Number(item.facts.durationMs ?? 0),
  };
  await appendLedger(
    deps,
    {
      tenant,
      type: `restore-test-${verdict}`,
      actor: 'system',
      subjects: [managed ? pointName(test.snapshot) : test.snapshot],
      particulars: { source: source.name, reasons, ...(managed ? { recoveryPoint: test.snapshot } : {}) },
    },
    [restoreTests.write(test)],
  );
  // A point that passed and could not be cleaned up lies in scratch in the clear: the run says so.
  const well = verdict === 'passed' && item.status !== 'failed';
  await saveItem(deps, item, {
    status: well ? 'done' : 'failed',
    reasons: well ? [] : verdict === 'passed' ? item.reasons : [...item.reasons, ...reasons],
    facts: { verdict },
  });
  return { outcome: 'recorded' as const };
});

/** What the steps of a restore by AWS Backup have noted. */
function outcomeOf(item: RunItem, { restoreTests: promised }: Plan): ManagedRestoreOutcome {
  const { facts } = item;
  const restored = facts.restored !== undefined;
  const validator = facts.validator as ManagedRestoreOutcome['validator'];
  const unheard = promised.validator !== undefined && validator === undefined;
  return {
    restored,
    errors: restored ? (unheard ? ['the validator of the plan gave no verdict'] : []) : item.reasons,
    failed: facts.restoreFailed === true,
    durationMs: Number(facts.durationMs ?? 0),
    objectiveMinutes: promised.recoveryTimeObjectiveMinutes,
    ...(validator === undefined ? {} : { validator }),
  };
}
