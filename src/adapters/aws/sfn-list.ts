import { type ExecutionListItem, ListExecutionsCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { attemptOf } from '../../domain/execution-name.ts';
import { newestFirst } from '../../domain/execution-order.ts';
import { type Execution, type ExecutionFilter, type Machine, machines } from '../../ports/workflows.ts';
import { translated } from './aws-faults.ts';
import { attemptsOf, folded, statusOf } from './sfn-attempts.ts';

/** Most executions of one answer. Pages come newest first, by the end of what has ended. */
const pageSize = 1000;

/** So many are described at a time, each for its input: a burst stays well below the 300 that a Region allows. */
const atATime = 10;

/** A name with what the listing tells of its attempts. */
interface Found {
  machine: Machine;
  name: string;
  status: Execution['status'];
  startedAt: string;
}

/**
 * Executions of one machine or all, newest first. A listing knows neither inputs nor what belongs together: names are folded
 * while the pages come, and only those that are answered are described.
 */
export async function listed(
  place: { client: SFNClient; machines: string },
  filter: ExecutionFilter,
): Promise<Execution[]> {
  const of = filter.machine === undefined ? machines : [filter.machine];
  const found = (await Promise.all(of.map(async (machine) => await namesOf(place, machine, filter)))).flat();
  const chosen = found.sort(newestFirst).slice(0, filter.limit);
  const executions: Execution[] = [];
  for (let i = 0; i < chosen.length; i += atATime) {
    const some = chosen.slice(i, i + atATime).map(async ({ machine, name }) => {
      const attempts = await attemptsOf(place, machine, name);
      return attempts && folded(machine, name, attempts);
    });
    executions.push(...(await Promise.all(some)).filter((each) => each !== undefined));
  }
  // Some have ended since they were listed.
  return executions.filter(({ status }) => filter.status === undefined || status === filter.status);
}

/**
 * The newest names of a machine. A later attempt is younger than the one before it, so it comes first in the listing, and its
 * status is that of the whole.
 */
async function namesOf(
  { client, machines }: { client: SFNClient; machines: string },
  machine: Machine,
  { status, before, limit = Number.POSITIVE_INFINITY }: ExecutionFilter,
): Promise<Found[]> {
  const latest = new Map<string, { attempt: number; status: Execution['status'] }>();
  const found: Found[] = [];
  for await (const page of pagesOf(client, `${machines}${machine}`)) {
    for (const { name = '', status: native, startDate } of page) {
      const derived = attemptOf(name);
      const known = latest.get(derived.name);
      if (known === undefined || known.attempt < derived.attempt) {
        latest.set(derived.name, { attempt: derived.attempt, status: statusOf(native) });
      }
      const whole = latest.get(derived.name)?.status ?? statusOf(native);
      if (derived.attempt > 1 || (status !== undefined && status !== whole)) continue;
      const one = { machine, name, status: whole, startedAt: (startDate ?? new Date(0)).toISOString() };
      if (before === undefined || newestFirst(before, one) < 0) found.push(one);
    }
    if (found.length >= limit) break;
  }
  return found;
}

async function* pagesOf(client: SFNClient, stateMachineArn: string): AsyncGenerator<ExecutionListItem[]> {
  let nextToken: string | undefined;
  do {
    const page = await client
      .send(new ListExecutionsCommand({ stateMachineArn, maxResults: pageSize, ...(nextToken && { nextToken }) }))
      .catch((error: unknown) => {
        throw translated(error, `the executions of ${stateMachineArn} could not be listed`);
      });
    yield page.executions ?? [];
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}
