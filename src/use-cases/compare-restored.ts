import type { Deps } from '../deps.ts';
import { getSnapshot } from '../repository/chain.ts';
import { openSnapshot } from '../repository/read-snapshot.ts';
import { useCase } from '../use-case.ts';
import { type CompareCursor, compareObjects } from './compare-objects.ts';
import { endLegs, legState, paceOf, stopItem } from './legs.ts';
import { type Finding, namedFindings } from './named-findings.ts';
import { planOf } from './plan-of.ts';
import { scratchName } from './restore-into-scratch.ts';
import { itemInput, itemOf, subjectOf } from './run-items.ts';

/** What the legs so far have found. */
interface Compared {
  differences: Finding[];
  differenceCount: number;
  /** Where the next leg goes on; absent: only the validator is left. */
  cursor?: CompareCursor;
}

/**
 * Compares what was restored with the snapshot's manifest, object by object, in as many legs as it takes. Then runs the plan's
 * validator on the restored folder: where a step has a deadline, in a leg of its own, since it may take as long as it likes.
 */
export const compareRestored = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant } = await subjectOf(deps, item);
  const { plan } = await planOf(deps, tenant);
  const name = scratchName(run, ordinal);
  const before = legState<Compared>(item.leg, 'compare', run);
  const pace = paceOf(deps);
  const found: Compared = { differences: before?.differences ?? [], differenceCount: before?.differenceCount ?? 0 };
  if (before === undefined || before.cursor !== undefined) {
    const snapshot = await openSnapshot(deps, await getSnapshot(deps, item.subject ?? ''));
    const cursor = await compareObjects(snapshot, deps.scratch.reader(name), {
      goOn: pace.goOn,
      ...(before?.cursor === undefined ? {} : { from: before.cursor }),
      report: (difference) => {
        found.differenceCount++;
        found.differences = namedFindings([...found.differences, difference]);
      },
    });
    if (cursor !== undefined) return await stopItem(deps, item, 'compare', { ...found, cursor });
    const hasDeadline = deps.timeLeft() !== Number.POSITIVE_INFINITY;
    if (plan.restoreTests.validator !== undefined && hasDeadline) return await stopItem(deps, item, 'compare', found);
  }
  const validator = await validate(deps, plan.restoreTests.validator, name);
  const facts = { compared: true, ...found, ...(validator === undefined ? {} : { validator }) };
  if (!(await endLegs(deps, item, { facts })) && (await itemOf(deps, run, ordinal)).leg !== undefined)
    return { outcome: 'more' as const };
  return { outcome: found.differenceCount === 0 ? ('same' as const) : ('different' as const) };
});

async function validate(
  deps: Deps,
  command: string | undefined,
  name: string,
): Promise<{ ok: boolean; output: string } | undefined> {
  if (command === undefined) return undefined;
  const path = deps.scratch.path(name);
  const { ok, output } = await deps.runCommand(command, { cwd: path, env: { TENURE_RESTORED: path } });
  return { ok, output: output.slice(-500) };
}
