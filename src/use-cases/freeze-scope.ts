import type { ErasureItem } from '../domain/erasure.ts';
import { ConflictError } from '../domain/errors.ts';
import { erasureItems, erasures } from '../records.ts';
import { useCase } from '../use-case.ts';
import { caseOfRun, erasureItemsOf } from './erasure-state.ts';
import { runInput } from './run-items.ts';
import { sourcesInScope } from './send-case-mail.ts';

/**
 * Fixes what the erasure is about: the sources in scope, so that every later attempt works on the same list. A source that
 * was added while the erasure stood still joins it at the end.
 */
export const freezeScope = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  const record = (await erasures.read(deps.table, value.id))?.value;
  const known = record === undefined ? [] : await erasureItemsOf(deps, value.id);
  const fresh = (await sourcesInScope(deps, value)).filter(({ name }) => !known.some(({ source }) => source === name));
  if (record === undefined || (record.sweptAt === undefined && fresh.length > 0)) {
    const items = fresh.map(
      (source, index): ErasureItem => ({
        caseId: value.id,
        item: known.length + index,
        tenant: source.tenant,
        source: source.name,
        kind: source.kind,
        location: source.location,
        stage: 'planned',
        passes: 0,
        objects: 0,
        bytes: 0,
        snapshots: 0,
        steps: [],
        reasons: [],
      }),
    );
    for (let i = 0; i < items.length; i += 100) {
      await deps.table.transact(items.slice(i, i + 100).map((item) => erasureItems.write(item)));
    }
    try {
      // The record last: a list without it is written again, from the start. One that is there stays.
      await deps.table.transact([
        erasures.write({ caseId: value.id, startedAt: deps.clock.now(), steps: [], remainder: [] }, 'absent'),
      ]);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  return { items: (await erasureItemsOf(deps, value.id)).map((item) => item.item) };
});
