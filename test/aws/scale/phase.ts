import { LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Phase } from '../../../bench/cost/model.ts';
import type { Deployment } from '../deployment.ts';
import type { Holdings } from '../holdings.ts';

/** What a run asked for, and how its executions went. */
export interface RunMeasured extends Phase {
  seconds: number;
  /** Largest input or output of a state, in bytes. */
  largestPayload: number;
  /** Most events of one execution. */
  longestHistory: number;
  /** How often each state was entered. */
  states: Record<string, number>;
}

/** Memory of each function in MB, by its name in the workflows. */
async function memorySizes({ place, stage }: Deployment): Promise<Map<string, number>> {
  const lambda = new LambdaClient(place);
  const sizes = new Map<string, number>();
  for await (const { Functions } of paginateListFunctions({ client: lambda }, {})) {
    for (const { FunctionName = '', MemorySize = 0 } of Functions ?? []) {
      sizes.set(FunctionName.replace(`tenure-${stage}-`, ''), MemorySize);
    }
  }
  return sizes;
}

/** Starts a run, waits for it, and counts what it asked for: requests at the proxy, the rest in the histories of its executions. */
export async function measured(
  { deployment, holdings }: { deployment: Deployment; holdings: Holdings },
  event: { kind: string; scheduledAt: string; cadence?: string },
): Promise<RunMeasured> {
  const before = { counts: deployment.proxy.counts(), loads: deployment.proxy.loads() };
  const began = Date.now();
  const { run, machine } = (await deployment.invoke('StartRun', event)) as { run: string; machine: string };
  const status = await holdings.ended(machine, run);
  if (status !== 'SUCCEEDED') throw new Error(`${run} ended ${status}`);
  const shown = (await deployment.tenure('executions', 'show', run)) as { output?: { outcome?: string } };
  if (shown.output?.outcome !== 'ok') throw new Error(`${run}: ${JSON.stringify(shown)}`);
  const seconds = (Date.now() - began) / 1000;
  const counts = deployment.proxy.counts();
  const requests = Object.fromEntries(
    [...counts]
      .map(([name, count]) => [name, count - (before.counts.get(name) ?? 0)])
      .filter(([, count]) => count !== 0),
  );
  const units = (unit: 'writtenKb' | 'read4Kb', operations: RegExp) =>
    [...deployment.proxy.loads()].reduce(
      (sum, [name, load]) => sum + (operations.test(name) ? load[unit] - (before.loads.get(name)?.[unit] ?? 0) : 0),
      0,
    );
  const [execution] = (await holdings.executions(machine)).filter(({ name }) => name === run);
  const histories: HistoryEvent[][] = [];
  for (const arn of await holdings.family(execution?.arn ?? '')) histories.push(await holdings.history(arn));
  return {
    ...told(histories, await memorySizes(deployment)),
    requests,
    writtenKb: units('writtenKb', /^DynamoDB\.(?:Put|Update|Delete|TransactWrite|BatchWrite)/),
    read4Kb: units('read4Kb', /^DynamoDB\.(?:Get|Query|Scan|BatchGet|TransactGet)/),
    seconds,
  };
}

/** Sums up histories, each of one execution: the ids of events are its own. */
function told(histories: HistoryEvent[][], memory: ReadonlyMap<string, number>) {
  const states: Record<string, number> = {};
  let [largestPayload, longestHistory, invocations, transitions, gbSeconds] = [0, 0, 0, 0, 0];
  for (const events of histories) {
    longestHistory = Math.max(longestHistory, events.length);
    let task: { name: string; at: number } | undefined;
    for (const { type, timestamp, stateEnteredEventDetails: entered, stateExitedEventDetails: exited } of events) {
      for (const text of [entered?.input, exited?.output]) {
        largestPayload = Math.max(largestPayload, Buffer.byteLength(text ?? ''));
      }
      const at = timestamp?.getTime() ?? 0;
      if (entered?.name !== undefined) {
        transitions++;
        states[entered.name] = (states[entered.name] ?? 0) + 1;
        // Within one execution states come one after the other.
        if (type === 'TaskStateEntered') task = { name: entered.name, at };
      }
      if (type === 'TaskStateExited' && task !== undefined) {
        invocations++;
        gbSeconds += ((at - task.at) / 1000) * ((memory.get(task.name) ?? 0) / 1024);
        task = undefined;
      }
    }
  }
  return { states, largestPayload, longestHistory, invocations, transitions, gbSeconds };
}
