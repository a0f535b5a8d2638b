import { deleteCondemnedObjects } from '../repository/expire.ts';
import { useCase } from '../use-case.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/** Deletes the objects that only the condemned copies held. Their keys are gone already: this is housekeeping. */
export const deleteCopyObjects = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant, source } = await subjectOf(deps, item);
  const deleted = await deleteCondemnedObjects(deps, tenant.id, source.name);
  await saveItem(deps, item, {
    facts: { objectsDeleted: deleted.objects, survivors: deleted.survivors.slice(0, 100) },
  });
  return { outcome: 'deleted' as const };
});
