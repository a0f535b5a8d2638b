/**
 * Where a step stopped that is done in several legs, and what it had found by then. It lies with the item until the step is
 * done.
 */
export interface Leg {
  step: string;
  /** The run that began; a step of another run begins anew. */
  run: string;
  /** Legs that are done: 1, 2, … */
  number: number;
  stoppedAt: string;
  /** What the step needs to go on; its shape is the step's own. */
  state: object;
}

/** Whether two readings of an item show the same leg: nobody has gone on with the step in between. */
export function sameLeg(a: Leg | undefined, b: Leg | undefined): boolean {
  return a?.step === b?.step && a?.run === b?.run && a?.number === b?.number;
}
