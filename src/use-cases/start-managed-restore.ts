import { hash } from 'node:crypto';
import { useCase } from '../use-case.ts';
import { pointsOf } from './managed-points.ts';
import { planOf } from './plan-of.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/** Name of an item's restore test at AWS, which takes fifty letters, digits and underscores. */
function testName(run: string, item: number): string {
  return `tenure_${hash('sha256', `${run} ${item}`, 'hex').slice(0, 32)}`;
}

/** Has AWS Backup restore a point of a source. What cannot be tested is said to be untested, with the reason. */
export const startManagedRestore = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.facts.test !== undefined) return { outcome: 'started' as const };
  const { tenant, source } = await subjectOf(deps, item);
  const known = (await pointsOf(deps, tenant.id, source.name, 'live')).some(({ arn }) => arn === item.subject);
  if (!known) {
    const reasons = [`recovery point ${item.subject ?? ''} expired before it could be tested`];
    await saveItem(deps, item, { status: 'skipped', reasons });
    return { outcome: 'gone' as const };
  }
  const name = testName(run, ordinal);
  const answer = await deps.managed.startRestoreTest({
    name,
    recoveryPoint: item.subject ?? '',
    pick: item.facts.managed === 'random' ? 'random' : 'newest',
    withinDays: (await planOf(deps, tenant)).plan.retention.retentionDays,
  });
  if (answer.outcome === 'not-possible') {
    await saveItem(deps, item, { status: 'running', reasons: [answer.reason] });
    return { outcome: 'not-possible' as const };
  }
  await saveItem(deps, item, { status: 'running', facts: { test: name, askedAt: deps.clock.now() } });
  return { outcome: 'started' as const };
});
