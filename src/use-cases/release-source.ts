import { UnavailableError } from '../domain/errors.ts';
import { abortBackup } from '../repository/intent.ts';
import { clearLeftovers } from '../repository/leftovers.ts';
import { useCase } from '../use-case.ts';
import { changeItem, intentOf, itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/** Ends a source's backup either way: gives up an intent that did not commit, then runs the release command. */
export const releaseSource = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant, source } = await subjectOf(deps, item);
  if (item.status !== 'done' && item.facts.intent !== undefined) {
    await abortBackup(deps, intentOf(item));
    if (item.status === 'running')
      await saveItem(deps, item, { status: 'failed', reasons: [...item.reasons, 'the backup did not finish'] });
  }
  if (item.facts.managed === true && item.status === 'running')
    await saveItem(deps, item, { status: 'failed', reasons: [...item.reasons, 'the backup did not finish'] });
  await clearLeftovers(deps, tenant.id, source.name);
  if (source.release !== undefined) {
    const result = await deps.runCommand(source.release, {
      env: { TENURE_TENANT: tenant.id, TENURE_SOURCE: source.name },
    });
    if (!result.ok)
      throw new UnavailableError(
        `the release command ended with exit code ${result.exitCode}: ${result.output.trim().slice(-500)}`,
      );
    await changeItem(deps, run, ordinal, () => ({ facts: { released: true } }));
  }
  return { outcome: 'released' as const };
});
