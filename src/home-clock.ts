import type { Config } from './config.ts';
import { parseInstant } from './domain/calendar.ts';
import { BlockedError } from './domain/errors.ts';
import type { SystemState } from './domain/system-state.ts';
import type { Table } from './ports/table.ts';
import { systemStates } from './records.ts';

/** Where the clock of a home is to stand. */
export interface ClockRequest {
  /** `--now`. */
  now?: string;
  mode: 'act' | 'view';
}

/**
 * The instant at which a simulated home stands: `--now`, else the last instant that was lived. `undefined` in a real home,
 * which has the machine's clock and refuses `--now`: copies, notices and erasures are real there.
 *
 * Time only goes on: a command that acts is refused before the last instant that was lived. One that only looks may look
 * from any time, and leaves the clock where it was.
 *
 * @throws BlockedError as said; InvalidError when `--now` is no instant
 */
export async function simulatedNow(
  table: Table,
  config: Pick<Config, 'simulated'>,
  request: ClockRequest,
): Promise<string | undefined> {
  const asked = request.now === undefined ? undefined : parseInstant(request.now);
  if (config.simulated === undefined) {
    if (asked === undefined) return undefined;
    throw new BlockedError(`the jump of the clock to ${asked} is refused: this home lives in real time`, {
      hint: 'Only a home made with `tenure init --now …` takes --now.',
    });
  }
  const lived = await livedUntil(table, config.simulated.since);
  if (asked === undefined) return lived;
  if (request.mode === 'view') return asked;
  await liveUntil(table, config, asked);
  return asked;
}

/** Moves the simulated clock on and remembers it. BlockedError in a real home, or backwards. */
export async function liveUntil(table: Table, config: Pick<Config, 'simulated'>, instant: string): Promise<void> {
  if (config.simulated === undefined) throw new BlockedError('the clock of a real home is not moved');
  const lived = await livedUntil(table, config.simulated.since);
  if (instant < lived) {
    throw new BlockedError(`the clock of this home stands at ${lived} and does not go back to ${instant}`, {
      hint: 'Give a later --now, or leave it out.',
    });
  }
  if (instant === lived) return;
  const state: SystemState = { name: 'simulated-clock', at: instant, by: 'operator', reason: '--now' };
  await table.transact([systemStates.write(state)]);
}

async function livedUntil(table: Table, since: string): Promise<string> {
  return (await systemStates.read(table, 'simulated-clock'))?.value.at ?? since;
}
