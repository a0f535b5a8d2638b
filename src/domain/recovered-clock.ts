import { BlockedError } from './errors.ts';

/** What a recovery knows about the clock of the home that was lost. */
export interface LostClock {
  /** Copies whose keys open: when they were taken, and whether they say that their home was simulated. */
  copies: readonly { takenAt: string; simulated: boolean }[];
  /** Newest instant that the ledger proves. */
  ledgerAt?: string;
  /** `--now`. */
  asked?: string;
}

/**
 * Since when the clock of a recovered home is simulated; `undefined`: it is a real home. A simulated clock is not checked, so it
 * is given only to a repository all of whose copies say that they were made under one. It stands at the newest instant that is
 * known unless told otherwise, and does not go back.
 *
 * @throws BlockedError for `--now` over copies that do not say so, for copies of both kinds, and for a clock that would go back
 */
export function recoveredClock({ copies, ledgerAt, asked }: LostClock): string | undefined {
  const simulated = copies.filter((copy) => copy.simulated);
  if (simulated.length > 0 && simulated.length < copies.length) {
    throw new BlockedError(
      `the repository holds copies of a simulated home (${simulated.length}) and of a real one (${copies.length - simulated.length})`,
      { hint: 'Homes must not share a repository. Recover from one that is of one home alone.' },
    );
  }
  if (simulated.length === 0) {
    if (asked === undefined) return undefined;
    const why = copies.length === 0 ? 'no copy says that it is of a simulated home' : 'its copies are of a real home';
    throw new BlockedError(`the jump of the clock to ${asked} is refused: ${why}`, {
      hint: 'Leave out --now. Under a simulated clock every copy would soon count as expired.',
    });
  }
  const lived = [...copies.map(({ takenAt }) => takenAt), ...(ledgerAt === undefined ? [] : [ledgerAt])].sort().at(-1);
  if (asked !== undefined && lived !== undefined && asked < lived) {
    throw new BlockedError(`the clock of the lost home stood at ${lived} and does not go back to ${asked}`, {
      hint: 'Give a later --now, or leave it out.',
    });
  }
  return asked ?? lived;
}
