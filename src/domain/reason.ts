/** One reason why something is not allowed, for people (`message`, `hint`) and for programs (`code`). */
export interface Reason<Code extends string = string> {
  code: Code;
  /** What stands against it, and which: "hold h-0123456789 (lawsuit) covers tenant acme". */
  message: string;
  /** What to do about it. */
  hint: string;
}

/** Whether there is at least one reason. */
export function isNonEmpty<T>(reasons: readonly T[]): reasons is readonly [T, ...T[]] {
  return reasons.length > 0;
}
