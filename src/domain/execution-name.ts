import { InvalidError } from './errors.ts';

/** Step Functions takes 80 signs, and some that its own console and CloudWatch do not: these are taken by all. */
const shape = /^[A-Za-z0-9_-]{1,80}$/;
const again = /^(.+)-r([2-9]|[1-9][0-9]+)$/;

/**
 * Whether a name may be given to an execution. `…-r2`, `…-r3` are kept for what is started again under a new name, where the
 * runtime cannot start the same name again.
 *
 * @throws InvalidError
 */
export function requireExecutionName(name: string): void {
  if (!shape.test(name)) {
    throw new InvalidError(`${JSON.stringify(name.slice(0, 100))} cannot be the name of an execution`, {
      hint: 'A name has 1 to 80 letters, digits, "-" and "_".',
    });
  }
  if (again.test(name)) {
    throw new InvalidError(
      `${name} cannot be the name of an execution: "-r2" and the like are kept for later attempts`,
      {
        hint: 'Start it under its own name; what failed is started again under it.',
      },
    );
  }
}

/** `backup-1` → `backup-1`, `backup-1-r2`, `backup-1-r3` … @throws InvalidError where the name has no room for it */
export function attemptName(name: string, attempt: number): string {
  if (attempt === 1) return name;
  const derived = `${name}-r${attempt}`;
  if (!shape.test(derived)) {
    throw new InvalidError(`the name ${name} is too long to be started again as ${derived}`, {
      hint: 'Start the same work under a shorter name.',
    });
  }
  return derived;
}

/** The inverse: whose attempt a name is, and which. */
export function attemptOf(derived: string): { name: string; attempt: number } {
  const [, name, attempt] = again.exec(derived) ?? [];
  return name === undefined ? { name: derived, attempt: 1 } : { name, attempt: Number(attempt) };
}

/** The run that is an attempt at the erasure of a case. */
export function erasureRun(caseId: string, attempt: number): string {
  return `erasure-${caseId}-${attempt}`;
}
