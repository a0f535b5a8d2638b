import type { Deps } from '../deps.ts';
import { InvalidError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import { beginBackup } from '../repository/intent.ts';
import { useCase } from '../use-case.ts';
import { planOf } from './plan-of.ts';
import { itemInput, itemOf, requestOf, saveItem, subjectOf } from './run-items.ts';

/**
 * Begins a source's backup: opens the intent, then runs the source's prepare command. What AWS Backup copies (`managed`) has no
 * intent: its points are not built upon each other. A source that another run is
 * backing up is `busy`; a prepare command that fails fails this source alone.
 */
export const prepareSource = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant, source } = await subjectOf(deps, item);
  if (item.status === 'done') {
    // A process may have died between the copy and the release.
    const isReleased = source.release === undefined || item.facts.released === true;
    return { outcome: isReleased ? ('skipped' as const) : ('committed' as const) };
  }
  const request = await requestOf(deps, run);
  await deps.sourceDriver(source).verify();
  if (source.kind === 'aws-backup') {
    await saveItem(deps, item, { status: 'running', facts: { managed: true } });
    await runPrepare(deps, source);
    return { outcome: 'managed' as const };
  }
  const begun = await beginBackup(deps, {
    tenant: tenant.id,
    source: source.name,
    cadence: request.cadence ?? 'manual',
    takenAt: deps.clock.now(),
    planDigest: (await planOf(deps, tenant)).digest,
    run,
  });
  if (begun.outcome === 'busy') {
    await saveItem(deps, item, {
      status: 'busy',
      reasons: [`source ${tenant.id}/${source.name} is busy: ${begun.heldBy} is at work`],
    });
    return { outcome: 'busy' as const };
  }
  await saveItem(deps, item, { status: 'running', facts: { intent: begun.intent } });
  await runPrepare(deps, source);
  return { outcome: 'begun' as const };
});

async function runPrepare(deps: Deps, source: Source): Promise<void> {
  if (source.prepare === undefined) return;
  const result = await deps.runCommand(source.prepare, {
    env: { TENURE_TENANT: source.tenant, TENURE_SOURCE: source.name },
  });
  if (result.ok) return;
  throw new InvalidError(
    `the prepare command ended with exit code ${result.exitCode}: ${result.output.trim().slice(-500)}`,
    {
      hint: 'Run the command by hand, mend it, then run the backup of this source again.',
    },
  );
}
