import { erasureRun } from '../domain/execution-name.ts';
import { runRequests } from '../records.ts';
import { useCase } from '../use-case.ts';
import { itemInput, itemOf, saveItem } from './run-items.ts';

/** Starts the erasure of a case whose time has come. The execution's name holds the attempt, so it starts once. */
export const startDueErasure = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const attempt = Number(item.facts.attempt);
  const name = erasureRun(item.subject ?? '', attempt);
  await deps.table.transact([
    runRequests.write({
      run: name,
      scheduledAt: deps.clock.now(),
      requestedBy: run,
      caseId: item.subject ?? '',
      attempt,
    }),
  ]);
  await deps.workflows.start('erasure', name, { run: name });
  await saveItem(deps, item, { status: 'done', facts: { erasure: name } });
  return { outcome: 'started' as const };
});
