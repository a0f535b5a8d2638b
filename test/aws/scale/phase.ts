import { join } from 'node:path';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Phase } from '../../../bench/cost/model.ts';
import { type AslDefinition, definitionOf, tasksOf } from '../../../src/adapters/embedded/asl-definitions.ts';
import type { Machine } from '../../../src/ports/workflows.ts';
import type { Deployment } from '../deployment.ts';
import type { Holdings } from '../holdings.ts';
import { type Invocations, invocationsOf } from './invocations.ts';

const definitions = join(import.meta.dirname, '../../../state-machines');

/** What a run asked for, and how its executions went. */
export interface RunMeasured extends Phase {
  seconds: number;
  /** Largest input or output of a state or a task, in bytes. */
  largestPayload: number;
  /** Most events of one execution. */
  longestHistory: number;
  /** Invocations by function. */
  functions: Record<string, number>;
}

/** Starts a run, waits for it, and counts: requests at the proxy, invocations in the logs, states in the histories. */
export async function measured(
  { deployment, holdings }: { deployment: Deployment; holdings: Holdings },
  event: { kind: string; scheduledAt: string; cadence?: string },
  machine: Machine,
): Promise<RunMeasured> {
  const definition = definitionOf(machine, definitions);
  const names = new Set(tasksOf(definition).map(({ functionName }) => functionName));
  const before = {
    counts: deployment.proxy.counts(),
    loads: deployment.proxy.loads(),
    invocations: await invocationsOf(deployment, names),
  };
  const began = Date.now();
  const { run } = (await deployment.invoke('StartRun', event)) as { run: string };
  const status = await holdings.ended(machine, run);
  if (status !== 'SUCCEEDED') throw new Error(`${run} ended ${status}`);
  const seconds = (Date.now() - began) / 1000;
  const counts = deployment.proxy.counts();
  const loads = deployment.proxy.loads();
  const invocations = since(before.invocations, await invocationsOf(deployment, names));
  const shown = (await deployment.tenure('executions', 'show', run)) as { output?: { outcome?: string } };
  if (shown.output?.outcome !== 'ok') {
    throw new Error(`${run}: ${JSON.stringify([shown, await deployment.tenure('alert', 'list')])}`);
  }
  const units = (unit: 'writtenKb' | 'read4Kb', operations: RegExp) =>
    [...loads].reduce(
      (sum, [name, load]) => sum + (operations.test(name) ? load[unit] - (before.loads.get(name)?.[unit] ?? 0) : 0),
      0,
    );
  const [execution] = (await holdings.executions(machine)).filter(({ name }) => name === run);
  const arns = await holdings.family(execution?.arn ?? '');
  const histories: HistoryEvent[][] = [];
  for (const arn of arns) histories.push(await holdings.history(arn));
  return {
    ...shapeOf(histories),
    requests: Object.fromEntries(
      [...counts]
        .map(([name, count]) => [name, count - (before.counts.get(name) ?? 0)] as const)
        .filter(([, count]) => count !== 0),
    ),
    writtenKb: units('writtenKb', /^DynamoDB\.(?:Put|Update|Delete|TransactWrite|BatchWrite)/),
    read4Kb: units('read4Kb', /^DynamoDB\.(?:Get|Query|Scan|BatchGet|TransactGet)/),
    functions: Object.fromEntries([...invocations].map(([name, { count }]) => [name, count])),
    invocations: [...invocations.values()].reduce((sum, { count }) => sum + count, 0),
    gbSeconds: [...invocations.values()].reduce((sum, { gbSeconds }) => sum + gbSeconds, 0),
    transitions: transitionsOf(definition, histories, invocations),
    seconds,
  };
}

function since(before: Map<string, Invocations>, now: Map<string, Invocations>): Map<string, Invocations> {
  const added = [...now].map(([name, { count, gbSeconds }]) => {
    const earlier = before.get(name);
    return [name, { count: count - (earlier?.count ?? 0), gbSeconds: gbSeconds - (earlier?.gbSeconds ?? 0) }] as const;
  });
  return new Map(added.filter(([, { count }]) => count > 0));
}

function shapeOf(histories: HistoryEvent[][]): { largestPayload: number; longestHistory: number } {
  const texts = histories
    .flat()
    .flatMap((event) => [
      event.stateEnteredEventDetails?.input,
      event.stateExitedEventDetails?.output,
      event.taskSucceededEventDetails?.output,
      event.taskScheduledEventDetails?.parameters,
    ]);
  return {
    largestPayload: texts.reduce((most, text) => Math.max(most, Buffer.byteLength(text ?? '')), 0),
    longestHistory: histories.reduce((most, { length }) => Math.max(most, length), 0),
  };
}

/**
 * State transitions: those of the run itself stand in its history. The emulator writes down no states of what a Map started: each
 * of those ends in one Succeed, and each Task there counts once, and once more where a Choice follows; a Map counts once for
 * its source.
 */
function transitionsOf(
  definition: AslDefinition,
  histories: HistoryEvent[][],
  invocations: Map<string, Invocations>,
): number {
  const [own = [], ...children] = histories;
  const entered = own.flatMap(({ stateEnteredEventDetails: details }) => details?.name ?? []);
  const inMaps = [...invocations].reduce((sum, [name, { count }]) => {
    const outside = entered.filter((state) => state === name).length;
    return sum + (count - outside) * (isFollowedByChoice(definition, name) ? 2 : 1);
  }, 0);
  const sources = invocations.get('PlanShards')?.count ?? 0;
  return entered.length + inMaps + children.length + sources;
}

function isFollowedByChoice({ States }: AslDefinition, name: string): boolean {
  return Object.entries(States).some(([state, body]) => {
    if (body.ItemProcessor !== undefined) return isFollowedByChoice(body.ItemProcessor, name);
    return state === name && States[String(body.Next)]?.Type === 'Choice';
  });
}
