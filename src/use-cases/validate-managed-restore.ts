import { useCase } from '../use-case.ts';
import { planOf } from './plan-of.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/**
 * Asks the plan's validator what it thinks of a resource that AWS Backup has restored, and tells AWS, which then removes it.
 * The validator finds the ARN in `TENURE_RESTORED`. Its output stays here: it may quote what it saw.
 */
export const validateManagedRestore = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant, source } = await subjectOf(deps, item);
  const { validator } = (await planOf(deps, tenant)).plan.restoreTests;
  const { restored, restoreJob } = item.facts as { restored: string; restoreJob: string };
  let verdict = { ok: true, message: 'restored; the plan has no validator' };
  if (validator !== undefined) {
    const { ok, output } = await deps.runCommand(validator, {
      env: { TENURE_RESTORED: restored, TENURE_TENANT: tenant.id, TENURE_SOURCE: source.name },
    });
    verdict = { ok, message: ok ? 'the validator agreed' : 'the validator refused it' };
    await saveItem(deps, item, { facts: { validator: { ok, output: output.slice(-500) } } });
  }
  await deps.managed.validateRestore(restoreJob, verdict);
  return { outcome: 'validated' as const };
});
