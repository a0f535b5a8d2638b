import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { sfnWorkflows } from '../../src/adapters/aws/sfn-workflows.ts';

const machines = 'arn:aws:states:eu-west-1:123456789012:stateMachine:tenure-test-';
const arn = (name: string) => `arn:aws:states:eu-west-1:123456789012:execution:tenure-test-backup:${name}`;
const sfn = mockClient(SFNClient);
const workflows = sfnWorkflows({ client: new SFNClient({ region: 'eu-west-1' }), machines });
const at = new Date('2026-11-22T20:00:00.000Z');
const input = { run: 'backup-1' };

const fault = (name: string, message = name) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });

/** What Step Functions knows of executions of the backup machine, by name. */
function knows(executions: Record<string, Partial<DescribeExecutionOutput>>): void {
  sfn.on(DescribeExecutionCommand).rejects(fault('ExecutionDoesNotExist'));
  for (const [name, about] of Object.entries(executions)) {
    sfn.on(DescribeExecutionCommand, { executionArn: arn(name) }).resolves({
      ...{ executionArn: arn(name), name, startDate: at, input: JSON.stringify(input) },
      ...about,
    });
  }
}

/** The last state that a failed execution entered. */
function endedIn(type: 'FailStateEntered' | 'TaskStateEntered'): void {
  sfn.on(GetExecutionHistoryCommand, { reverseOrder: true }).resolves({
    events: [
      { id: 9, previousEventId: 8, type: 'ExecutionFailed', timestamp: at },
      { id: 8, previousEventId: 7, type, timestamp: at, stateEnteredEventDetails: { name: 'X' } },
    ],
  });
}

const commands = () => sfn.calls().map(({ args: [command] }) => command.constructor.name);
const startedNames = () => sfn.commandCalls(StartExecutionCommand).map(({ args: [command] }) => command.input.name);

beforeEach(() => {
  sfn.reset();
  sfn.on(StartExecutionCommand).rejects(fault('ExecutionAlreadyExists'));
  sfn.on(GetExecutionHistoryCommand).resolves({ events: [] });
});

describe('a name that exists already', () => {
  test.each(['RUNNING', 'PENDING_REDRIVE'] as const)('%s is answered as running', async (status) => {
    knows({ 'backup-1': { status, redriveCount: 1 } });
    expect(await workflows.start('backup', 'backup-1', input)).toEqual({
      ...{ name: 'backup-1', machine: 'backup', status: 'running', input, redrives: 1 },
      startedAt: at.toISOString(),
    });
    expect(commands()).toEqual(['StartExecutionCommand', 'DescribeExecutionCommand']);
  });

  test('and has succeeded, since the answer to its start was lost, is answered with its output', async () => {
    knows({ 'backup-1': { status: 'SUCCEEDED', stopDate: at, output: '{"outcome":"ok"}' } });
    expect(await workflows.start('backup', 'backup-1', input)).toMatchObject({
      status: 'succeeded',
      output: { outcome: 'ok' },
      endedAt: at.toISOString(),
    });
  });

  test.each(['FAILED', 'ABORTED', 'TIMED_OUT'] as const)('%s in the middle of a step is redriven', async (status) => {
    knows({ 'backup-1': { status, stopDate: at, redriveStatus: 'REDRIVABLE', redriveCount: 2, error: 'X' } });
    endedIn('TaskStateEntered');
    sfn.on(RedriveExecutionCommand).resolves({ redriveDate: at });
    const started = await workflows.start('backup', 'backup-1', input);
    expect(started).toMatchObject({ status: 'running', redrives: 3, startedAt: at.toISOString() });
    expect(started.error).toBeUndefined();
    expect(started.endedAt).toBeUndefined();
    expect(sfn.commandCalls(RedriveExecutionCommand).map(({ args: [command] }) => command.input)).toEqual([
      { executionArn: arn('backup-1') },
    ]);
  });

  test('and ended in its Fail state, which a redrive would only enter again, begins anew as -r2', async () => {
    knows({ 'backup-1': { status: 'FAILED', stopDate: at, redriveStatus: 'REDRIVABLE', error: 'RunFault' } });
    endedIn('FailStateEntered');
    sfn
      .on(StartExecutionCommand, { name: 'backup-1-r2' })
      .resolves({ executionArn: arn('backup-1-r2'), startDate: at });
    expect(await workflows.start('backup', 'backup-1', input)).toMatchObject({ name: 'backup-1', redrives: 1 });
    expect(startedNames()).toEqual(['backup-1', 'backup-1-r2']);
    expect(sfn.commandCalls(RedriveExecutionCommand)).toHaveLength(0);
  });

  test('and is older than the 14 days of a redrive begins anew as -r3, after -r2', async () => {
    const notRedrivable = {
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution redrivable period exceeded',
    } as const;
    knows({
      'backup-1': { status: 'FAILED', stopDate: at, ...notRedrivable },
      'backup-1-r2': { status: 'TIMED_OUT', stopDate: at, ...notRedrivable, input: '{"other":1}' },
    });
    sfn
      .on(StartExecutionCommand, { name: 'backup-1-r3' })
      .resolves({ executionArn: arn('backup-1-r3'), startDate: at });
    expect(await workflows.start('backup', 'backup-1', input)).toMatchObject({ status: 'running', redrives: 2, input });
  });

  test('and whose time for a redrive ends between look and call begins anew', async () => {
    knows({ 'backup-1': { status: 'FAILED', stopDate: at, redriveStatus: 'REDRIVABLE' } });
    endedIn('TaskStateEntered');
    sfn.on(RedriveExecutionCommand).rejects(fault('ExecutionNotRedrivable'));
    sfn
      .on(StartExecutionCommand, { name: 'backup-1-r2' })
      .resolves({ executionArn: arn('backup-1-r2'), startDate: at });
    expect(await workflows.start('backup', 'backup-1', input)).toMatchObject({ status: 'running', redrives: 1 });
  });

  test('and is redriven by somebody else at the same time is answered, not started twice', async () => {
    const failed = { executionArn: arn('backup-1'), name: 'backup-1', startDate: at, input: JSON.stringify(input) };
    const redrivable = { status: 'FAILED', stopDate: at, redriveStatus: 'REDRIVABLE' } as const;
    sfn.on(DescribeExecutionCommand).rejects(fault('ExecutionDoesNotExist'));
    sfn
      .on(DescribeExecutionCommand, { executionArn: arn('backup-1') })
      .resolvesOnce({ ...failed, ...redrivable })
      .resolves({ ...failed, status: 'RUNNING', redriveCount: 1 });
    endedIn('TaskStateEntered');
    sfn.on(RedriveExecutionCommand).rejects(fault('ExecutionNotRedrivable'));
    expect(await workflows.start('backup', 'backup-1', input)).toMatchObject({ status: 'running', redrives: 1 });
    expect(startedNames()).toEqual(['backup-1']);
  });

  test.each([1, 2, 3, 7, 8, 9, 100])('and has failed %i times is started once more, after few looks', async (times) => {
    const names = Array.from({ length: times }, (_, i) => (i === 0 ? 'backup-1' : `backup-1-r${i + 1}`));
    knows(Object.fromEntries(names.map((name) => [name, { status: 'FAILED', stopDate: at }])));
    sfn.on(StartExecutionCommand, { name: `backup-1-r${times + 1}` }).resolves({ startDate: at });
    expect(await workflows.start('backup', 'backup-1', input)).toMatchObject({ status: 'running', redrives: times });
    expect(startedNames()).toEqual(['backup-1', `backup-1-r${times + 1}`]);
    expect(sfn.commandCalls(DescribeExecutionCommand).length).toBeLessThanOrEqual(
      2 + 2 * Math.ceil(Math.log2(times)) + 1,
    );
  });

  test('and is too long for a further attempt says so', async () => {
    const long = 'x'.repeat(80);
    knows({ [long]: { status: 'FAILED', stopDate: at } });
    await expect(workflows.start('backup', long, input)).rejects.toMatchObject({
      name: 'InvalidError',
      hint: expect.stringContaining('shorter name') as string,
    });
  });
});

test.each([
  ['ThrottlingException', 'UnavailableError'],
  ['ExecutionLimitExceeded', 'UnavailableError'],
  ['StateMachineDoesNotExist', 'NotFoundError'],
  ['AccessDeniedException', 'BlockedError'],
  ['InvalidExecutionInput', 'InvalidError'],
])('%s at a start is a %s that names the execution', async (native, own) => {
  sfn.on(StartExecutionCommand).rejects(fault(native));
  await expect(workflows.start('backup', 'backup-1', input)).rejects.toMatchObject({
    name: own,
    message: expect.stringContaining('execution backup-1 of backup') as string,
  });
});

describe('a history', () => {
  test('is read page by page, over all attempts, and names the state that a failure belongs to', async () => {
    knows({
      'backup-1': { status: 'FAILED', stopDate: at },
      'backup-1-r2': { status: 'SUCCEEDED', stopDate: at },
    });
    const page = { executionArn: arn('backup-1'), maxResults: 1000, includeExecutionData: false };
    sfn
      .on(GetExecutionHistoryCommand, page)
      .resolves({
        nextToken: 'more',
        events: [
          { id: 1, previousEventId: 0, type: 'ExecutionStarted', timestamp: at },
          {
            id: 2,
            previousEventId: 0,
            type: 'TaskStateEntered',
            timestamp: at,
            stateEnteredEventDetails: { name: 'Copy' },
          },
          { id: 3, previousEventId: 2, type: 'TaskScheduled', timestamp: at },
        ],
      })
      .on(GetExecutionHistoryCommand, { ...page, nextToken: 'more' })
      .resolves({
        events: [
          {
            ...{ id: 4, previousEventId: 3, type: 'TaskFailed', timestamp: at },
            taskFailedEventDetails: {
              resourceType: 'lambda',
              resource: 'invoke',
              error: 'CorruptError',
              cause: '/home/ana',
            },
          },
          {
            id: 5,
            previousEventId: 4,
            type: 'ExecutionFailed',
            timestamp: at,
            executionFailedEventDetails: { error: 'X' },
          },
        ],
      })
      .on(GetExecutionHistoryCommand, { ...page, executionArn: arn('backup-1-r2') })
      .resolves({
        events: [
          { id: 2, previousEventId: 1, type: 'ExecutionSucceeded', timestamp: at },
          { id: 1, previousEventId: 0, type: 'ExecutionStarted', timestamp: at },
        ],
      });
    const history = await workflows.history('backup', 'backup-1');
    expect(history.map(({ type, state, detail }) => [type, state, detail])).toEqual([
      ['execution-started', undefined, undefined],
      ['state-entered', 'Copy', undefined],
      ['state-failed', 'Copy', 'CorruptError'],
      ['execution-ended', undefined, 'failed: X'],
      ['execution-redriven', undefined, undefined],
      ['execution-ended', undefined, 'succeeded'],
    ]);
  });
});

describe('a listing', () => {
  test('goes through all pages, folds attempts, and describes only what it answers', async () => {
    const item = (name: string, status: 'FAILED' | 'SUCCEEDED' | 'RUNNING', hour: number) => ({
      ...{ executionArn: arn(name), stateMachineArn: `${machines}backup`, name, status },
      startDate: new Date(Date.UTC(2026, 10, 22, hour)),
    });
    const page = { stateMachineArn: `${machines}backup`, maxResults: 1000 };
    sfn
      .on(ListExecutionsCommand, page)
      .resolves({ nextToken: '2', executions: [item('b-r2', 'RUNNING', 9), item('c', 'SUCCEEDED', 8)] })
      .on(ListExecutionsCommand, { ...page, nextToken: '2' })
      .resolves({ executions: [item('b', 'FAILED', 7), item('a', 'SUCCEEDED', 6)] });
    const hour = (value: number) => ({ startDate: new Date(Date.UTC(2026, 10, 22, value)) });
    knows({
      a: { status: 'SUCCEEDED', ...hour(6) },
      b: { status: 'FAILED', ...hour(7) },
      'b-r2': { status: 'RUNNING', ...hour(9) },
      c: { status: 'SUCCEEDED', ...hour(8) },
    });
    const all = await workflows.list({ machine: 'backup' });
    expect(all.map(({ name, status, redrives }) => [name, status, redrives])).toEqual([
      ['c', 'succeeded', 0],
      ['b', 'running', 1],
      ['a', 'succeeded', 0],
    ]);
    expect((await workflows.list({ machine: 'backup', status: 'failed' })).map(({ name }) => name)).toEqual([]);
    sfn.resetHistory();
    expect((await workflows.list({ machine: 'backup', status: 'running' })).map(({ name }) => name)).toEqual(['b']);
    expect(sfn.commandCalls(DescribeExecutionCommand)).toHaveLength(2);
    sfn.resetHistory();
    expect((await workflows.list({ machine: 'backup', limit: 1 })).map(({ name }) => name)).toEqual(['c']);
    expect(sfn.commandCalls(ListExecutionsCommand)).toHaveLength(1);
  });
});
