import type { Survivor } from '../ports/object-store.ts';
import { deleteCondemnedObjects } from '../repository/expire.ts';
import { useCase } from '../use-case.ts';
import { forgetDownloads } from './forget-downloads.ts';
import { endLegs, legState, paceOf, stopItem } from './legs.ts';
import { isOutlived } from './live-download.ts';
import { itemInput, itemOf, subjectOf } from './run-items.ts';

/** Survivors that an item names; all are on record with their source. */
const namedSurvivors = 100;

/** What the legs so far have deleted. */
interface Deleted {
  objectsDeleted: number;
  survivors: Survivor[];
}

/**
 * Deletes the objects that only the condemned copies held, in as many legs as it takes. Their keys are gone already: this is
 * housekeeping.
 */
export const deleteCopyObjects = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant, source } = await subjectOf(deps, item);
  const before = legState<Deleted>(item.leg, 'delete objects', run);
  // What was taken out of a copy and lies ready is a copy too.
  await forgetDownloads(deps, tenant.id, async (download) => await isOutlived(deps, download));
  const leg = await deleteCondemnedObjects(deps, tenant.id, source.name, paceOf(deps).goOn);
  const deleted: Deleted = {
    objectsDeleted: (before?.objectsDeleted ?? 0) + leg.objects,
    survivors: [...(before?.survivors ?? []), ...leg.survivors].slice(0, namedSurvivors),
  };
  if (leg.stopped) return await stopItem(deps, item, 'delete objects', deleted);
  await endLegs(deps, item, { facts: { ...deleted } });
  return { outcome: 'deleted' as const };
});
