/**
 * What time it is. Business rules use `now`; leases and racy-file checks use `wall`, since they are about the running
 * machine and not about the life that is simulated.
 */
export interface Clock {
  /** ISO instant in UTC with milliseconds. */
  now(): string;
  /** Milliseconds of the machine's own clock since the epoch. */
  wall(): number;
  /** True in a home made with `init --now`. */
  simulated: boolean;
}
