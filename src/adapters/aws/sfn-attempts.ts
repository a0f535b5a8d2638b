import { DescribeExecutionCommand, type DescribeExecutionOutput, type SFNClient } from '@aws-sdk/client-sfn';
import { attemptName } from '../../domain/execution-name.ts';
import type { Json } from '../../ports/table.ts';
import type { Execution, Machine } from '../../ports/workflows.ts';
import { awsFault, translated } from './aws-faults.ts';

/** One execution as Step Functions describes it. */
export type Described = DescribeExecutionOutput & { executionArn: string };

/** Everything that was started under one name, oldest first: itself, `-r2`, `-r3` … */
export interface Attempts {
  count: number;
  first: Described;
  latest: Described;
  /** ARNs of all, oldest first. */
  arns: string[];
  /** How often those that were looked at were redriven. */
  redrives: number;
}

/** `arn:…:stateMachine:tenure-prod-` and machine and name → `arn:…:execution:tenure-prod-backup:backup-1`. */
export function executionArn(machines: string, machine: Machine, name: string): string {
  return `${machines.replace(':stateMachine:', ':execution:')}${machine}:${name}`;
}

/**
 * Looks an execution up with all its attempts; `undefined` when there is none. They have no gaps, so the latest is found by
 * doubling and halving: what fails every hour for a week costs a dozen looks and not a hundred.
 */
export async function attemptsOf(
  place: { client: SFNClient; machines: string },
  machine: Machine,
  name: string,
): Promise<Attempts | undefined> {
  const look = async (attempt: number) => await describe(place, machine, nameOfAttempt(name, attempt));
  const first = await look(1);
  if (first === undefined) return undefined;
  let [count, latest, redrives] = [1, first, first.redriveCount ?? 0];
  let absent: number | undefined;
  // A later attempt is only made of one that did not succeed.
  while (!isDone(latest) && absent !== count + 1) {
    const attempt = absent === undefined ? count * 2 : Math.floor((count + absent) / 2);
    const found = await look(attempt);
    if (found === undefined) absent = attempt;
    else {
      [count, latest] = [attempt, found];
      redrives += found.redriveCount ?? 0;
    }
  }
  const arns = Array.from({ length: count }, (_, i) => executionArn(place.machines, machine, attemptName(name, i + 1)));
  return { count, first, latest, arns, redrives };
}

function isDone({ status }: Described): boolean {
  return statusOf(status) === 'running' || statusOf(status) === 'succeeded';
}

/** The attempts as the one execution that they are. */
export function folded(machine: Machine, name: string, { first, latest, count, redrives }: Attempts): Execution {
  const status = statusOf(latest.status);
  const error = status === 'failed' || status === 'stopped' ? errorOf(latest) : undefined;
  return {
    name,
    machine,
    status,
    input: parsed(first.input) ?? {},
    ...(status === 'succeeded' && latest.output !== undefined ? { output: parsed(latest.output) ?? null } : {}),
    ...(error === undefined ? {} : { error }),
    startedAt: (first.startDate ?? new Date(0)).toISOString(),
    ...(status === 'running' || latest.stopDate == null ? {} : { endedAt: latest.stopDate.toISOString() }),
    redrives: count - 1 + redrives,
  };
}

/** `PENDING_REDRIVE` waits for its turn and will run. */
export function statusOf(status: string | undefined): Execution['status'] {
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return 'running';
  if (status === 'SUCCEEDED') return 'succeeded';
  return status === 'ABORTED' ? 'stopped' : 'failed';
}

async function describe(
  { client, machines }: { client: SFNClient; machines: string },
  machine: Machine,
  name: string | undefined,
): Promise<Described | undefined> {
  if (name === undefined) return undefined;
  const arn = executionArn(machines, machine, name);
  try {
    return { ...(await client.send(new DescribeExecutionCommand({ executionArn: arn }))), executionArn: arn };
  } catch (error) {
    // A name that no execution can have belongs to none.
    if (/^(?:ExecutionDoesNotExist|InvalidArn)$/.test(awsFault(error).name)) return undefined;
    throw translated(error, `execution ${name} of ${machine} could not be looked at`);
  }
}

/** A name without room for an attempt has none. */
function nameOfAttempt(name: string, attempt: number): string | undefined {
  if (attempt > 1 && name.length + `-r${attempt}`.length > 80) return undefined;
  return attemptName(name, attempt);
}

function errorOf({ status, error, cause }: Described): { name: string; message: string } {
  if (status === 'TIMED_OUT')
    return { name: error ?? 'States.Timeout', message: cause ?? 'the execution took too long' };
  const otherwise = status === 'ABORTED' ? 'Stopped' : 'Error';
  return { name: error || otherwise, message: cause ?? '' };
}

function parsed(json: string | undefined): Json | undefined {
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json) as Json;
  } catch {
    return undefined;
  }
}
