import type { Deps } from '../../src/deps.ts';
import { addDays } from '../../src/domain/calendar.ts';
import { readRoots } from '../../src/repository/recover-roots.ts';
import { readSeals } from '../../src/use-cases/ledger-seals.ts';
import { type Recovery, recoverHome } from '../../src/use-cases/recover-home.ts';
import { sealLedger } from '../../src/use-cases/seal-ledger.ts';
import { memoryTable } from '../memory-ports.ts';
import {
  type MemoryHome,
  memoryHome,
  operator,
  type ProcessOptions,
  type TestProcess,
} from '../workflows/memory-home.ts';

/** First day of the lost homes. */
export const firstDay = '2026-03-02T10:00:00.000Z';

/** What survives when a catalog is lost. */
type Survivors = Pick<MemoryHome, 'objects' | 'evidence' | 'keys'>;

/** A home whose processes use repository, evidence and keys of another one. */
export interface FollowingHome extends MemoryHome {
  process(options?: Omit<ProcessOptions, 'change'>): TestProcess;
}

/** A new home over what another one left: its own catalog (empty, or the rows given), the stores of the other. */
export async function homeOver(
  lost: Survivors,
  now: string,
  options: { rows?: MemoryHome['rows']; simulated?: boolean } = {},
): Promise<FollowingHome> {
  const table = memoryTable();
  for (const { version: _, ...row } of options.rows?.values() ?? []) await table.transact([{ put: row }]);
  const home = await memoryHome({ now, table, simulated: options.simulated ?? true });
  const { objects, evidence, keys } = lost;
  return {
    ...home,
    ...{ objects, evidence, keys },
    // Every process gets its own, possibly mortal, view of them.
    process: (process = {}) => home.process({ ...process, stores: { objects, evidence, keys } }),
  };
}

/** Recovers a home from what another one left, as `recover` does. */
export async function recovered(
  lost: Survivors,
  now: string,
): Promise<{ home: FollowingHome; deps: Deps; found: Recovery }> {
  const home = await homeOver(lost, now);
  const { deps } = home.process();
  const found = await recoverHome.typed(deps, {
    actor: operator,
    roots: await readRoots(deps),
    seals: await readSeals(deps),
  });
  return { home, deps, found };
}

/** Goes on by a day and seals the ledger. */
export async function sealNextDay(home: MemoryHome): Promise<void> {
  home.clock.moveTo(addDays(home.clock.now(), 1));
  await sealLedger.typed(home.process().deps, {});
}
