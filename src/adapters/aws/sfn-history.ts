import { GetExecutionHistoryCommand, type HistoryEvent as NativeEvent, type SFNClient } from '@aws-sdk/client-sfn';
import type { HistoryEvent } from '../../ports/workflows.ts';
import { awsFault, translated } from './aws-faults.ts';
import type { Attempts } from './sfn-attempts.ts';

/** Most events of one answer. */
const pageSize = 1000;

/**
 * The history of all attempts, oldest first. Inputs and outputs stay where they are, and of an error only its name is told: a
 * message may hold a path. What happens inside a distributed Map is in the executions of its items, not here.
 */
export async function historyOf(client: SFNClient, attempts: Attempts): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for (const [index, arn] of attempts.arns.entries()) {
    const native: NativeEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await pageOf(client, { executionArn: arn, maxResults: pageSize, ...(nextToken && { nextToken }) });
      native.push(...(page?.events ?? []));
      nextToken = page?.nextToken;
    } while (nextToken !== undefined);
    native.sort((a, b) => (a.id ?? 0) - (b.id ?? 0));
    events.push(...translatedEvents(native, index === 0 ? 'execution-started' : 'execution-redriven'));
  }
  return events;
}

/** Whether the last thing that an execution did was to enter a Fail state. */
export async function endedInFailState(client: SFNClient, executionArn: string): Promise<boolean> {
  const page = await pageOf(client, { executionArn, reverseOrder: true, maxResults: 5 });
  const newestFirst = (page?.events ?? []).toSorted((a, b) => (b.id ?? 0) - (a.id ?? 0));
  const last = newestFirst.find(({ type }) => type?.endsWith('StateEntered') === true);
  return last?.type === 'FailStateEntered';
}

async function pageOf(client: SFNClient, input: { executionArn: string; reverseOrder?: boolean; maxResults: number }) {
  try {
    return await client.send(new GetExecutionHistoryCommand({ ...input, includeExecutionData: false }));
  } catch (error) {
    if (awsFault(error).name === 'ExecutionDoesNotExist') return undefined;
    throw translated(error, 'the history of the execution could not be read');
  }
}

function translatedEvents(native: readonly NativeEvent[], first: HistoryEvent['type']): HistoryEvent[] {
  /** Which state an event belongs to: that of the event before it, back to where the state was entered. */
  const stateOf = new Map<number, string>();
  return native.flatMap((event) => {
    const entered = event.stateEnteredEventDetails?.name;
    const state = entered ?? event.stateExitedEventDetails?.name ?? stateOf.get(event.previousEventId ?? 0);
    if (state !== undefined) stateOf.set(event.id ?? 0, state);
    const said = translatedEvent(event, first);
    if (said === undefined) return [];
    const at = (event.timestamp ?? new Date(0)).toISOString();
    const about = said.type.startsWith('state') && state !== undefined ? { state } : {};
    return [{ at, type: said.type, ...about, ...(said.detail === undefined ? {} : { detail: said.detail }) }];
  });
}

function translatedEvent(
  event: NativeEvent,
  first: HistoryEvent['type'],
): Pick<HistoryEvent, 'type' | 'detail'> | undefined {
  const type = event.type ?? '';
  if (type === 'ExecutionStarted') return { type: first };
  if (type === 'ExecutionRedriven') return { type: 'execution-redriven' };
  if (type === 'ExecutionSucceeded') return { type: 'execution-ended', detail: 'succeeded' };
  if (type === 'ExecutionAborted') {
    return { type: 'execution-ended', detail: `stopped: ${event.executionAbortedEventDetails?.error || 'Stopped'}` };
  }
  if (type === 'ExecutionFailed' || type === 'ExecutionTimedOut') {
    return { type: 'execution-ended', detail: `failed: ${errorNameOf(event) ?? 'States.Timeout'}` };
  }
  if (type.endsWith('StateEntered')) return { type: 'state-entered' };
  if (type.endsWith('StateExited')) return { type: 'state-exited' };
  if (/(?:Failed|TimedOut|Aborted)$/.test(type)) {
    return { type: 'state-failed', detail: errorNameOf(event) ?? type };
  }
  return undefined;
}

/** Every kind of failure has details of its own kind, all of them with the error's name. */
function errorNameOf(event: NativeEvent): string | undefined {
  for (const [field, details] of Object.entries(event)) {
    if (!field.endsWith('EventDetails') || typeof details !== 'object' || details === null) continue;
    const { error } = details as { error?: unknown };
    if (typeof error === 'string' && error !== '') return error;
  }
  return undefined;
}
