/** One stored object (or key) that is missing or not what was written. */
export interface CheckProblem {
  object: string;
  kind: 'pack' | 'part' | 'node' | 'root' | 'key';
  reason: string;
  /** Objects of the source that it hits, by key; where they are not known, in words. The first hundred. */
  affects: { snapshot: string; key: string }[];
  /** How many there are, over all snapshots. */
  affectedCount: number;
  /** Ids of all snapshots that it hits. */
  snapshots: string[];
}

const mostNamed = 100;

/** Collects problems, one per stored object. */
export class Findings {
  readonly #problems = new Map<string, CheckProblem>();

  /** Notes that an object is bad and what that hits: `key` in each of the snapshots, `count` objects in each. */
  add(
    object: string,
    kind: CheckProblem['kind'],
    reason: string,
    snapshots: readonly string[],
    key: string,
    count = 1,
  ): void {
    const problem = this.note(object, kind, reason);
    for (const snapshot of snapshots) {
      // A pack may be hit a million times: its snapshots are few.
      if (!problem.snapshots.includes(snapshot)) problem.snapshots.push(snapshot);
      problem.affectedCount += count;
      if (problem.affects.length < mostNamed) problem.affects.push({ snapshot, key });
    }
  }

  /** Notes that an object is bad; what that hits is added when it is met. */
  note(object: string, kind: CheckProblem['kind'], reason: string): CheckProblem {
    const known = this.#problems.get(object);
    if (known) return known;
    const problem: CheckProblem = { object, kind, reason, affects: [], affectedCount: 0, snapshots: [] };
    this.#problems.set(object, problem);
    return problem;
  }

  /** Everything that was found. */
  problems(): CheckProblem[] {
    return [...this.#problems.values()];
  }
}
