import type { Deps } from '../deps.ts';
import { type Leg, sameLeg } from '../domain/leg.ts';
import type { RunItem } from '../domain/run.ts';
import { ordinal, runItems } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';

/**
 * The time that a step has. A step whose work grows with objects or bytes asks after each unit of it, never before the first,
 * so that every leg gets something done; then it saves where it is and answers `more`, and the state machine calls it again.
 */
export interface Pace {
  /** Whether there is time for another unit. Once it says no, it says no. */
  goOn(): boolean;
  /** It has said no. */
  readonly stopped: boolean;
}

/** The pace of one call of a step. */
export function paceOf(deps: Pick<Deps, 'timeLeft'>): Pace {
  let stopped = false;
  return {
    goOn() {
      stopped ||= deps.timeLeft() <= 0;
      return !stopped;
    },
    get stopped() {
      return stopped;
    },
  };
}

/** What a step left when it stopped; `undefined`: it begins, or another run began it. */
export function legState<State extends object>(leg: Leg | undefined, step: string, run: string): State | undefined {
  return leg?.step === step && leg.run === run ? (leg.state as State) : undefined;
}

/** The leg after the one that was read. */
export function nextLeg(
  deps: Pick<Deps, 'clock'>,
  before: Leg | undefined,
  step: string,
  run: string,
  state: object,
): Leg {
  const number = legState(before, step, run) === undefined ? 1 : (before?.number ?? 0) + 1;
  return { step, run, number, stoppedAt: deps.clock.now(), state };
}

/**
 * Saves where a step on a run's item has stopped. A step that was taken for dead may still be working beside its repetition:
 * whichever comes second changes nothing, and `more` makes it go on from what the first has saved.
 */
export async function stopItem(deps: Deps, item: RunItem, step: string, state: object): Promise<{ outcome: 'more' }> {
  await changeUnlessOvertaken(deps, item, { leg: nextLeg(deps, item.leg, step, item.run, state) });
  return { outcome: 'more' };
}

/** Records what a step came to after its last leg; false when somebody else has gone on with it meanwhile. */
export async function endLegs(deps: Deps, item: RunItem, change: Partial<RunItem>): Promise<boolean> {
  return await changeUnlessOvertaken(deps, item, { ...change, leg: undefined });
}

async function changeUnlessOvertaken(
  deps: Deps,
  item: RunItem,
  { leg, ...change }: Omit<Partial<RunItem>, 'leg'> & { leg: Leg | undefined },
): Promise<boolean> {
  return await untilUnchanged(async () => {
    const stored = await runItems.read(deps.table, item.run, ordinal(item.item));
    if (stored === undefined || !sameLeg(stored.value.leg, item.leg)) return false;
    const { leg: _before, ...known } = stored.value;
    const changed = { ...known, ...change, facts: { ...known.facts, ...change.facts } };
    await deps.table.transact([runItems.write({ ...changed, ...(leg === undefined ? {} : { leg }) }, stored.version)]);
    return true;
  });
}
