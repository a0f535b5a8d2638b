/** Where an execution stands in a list. */
export interface ExecutionPlace {
  startedAt: string;
  name: string;
  machine: string;
}

/** Order of every list of executions: the newest first, and a place of its own for each of those that began at one instant. */
export function newestFirst(a: ExecutionPlace, b: ExecutionPlace): number {
  return descending(a.startedAt, b.startedAt) || descending(a.name, b.name) || descending(a.machine, b.machine);
}

function descending(a: string, b: string): number {
  return a === b ? 0 : a < b ? 1 : -1;
}
