import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { lambdaCommand } from '../../src/adapters/aws/lambda-command.ts';

const lambda = mockClient(LambdaClient);
const run = lambdaCommand({ client: new LambdaClient({ region: 'eu-west-1' }) });
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)) as never;
const fault = (name: string) => Object.assign(new Error(`${name} happened`), { name });

beforeEach(() => lambda.reset());

test.each([
  'tenure-hook-dump',
  'tenure-hook-dump:live',
  'tenure-hook-dump:$LATEST',
  'arn:aws:lambda:eu-west-1:123456789012:function:tenure-hook-dump',
  'arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:tenure-hook-dump:7',
])('invokes %s with its surroundings and waits for the answer', async (command) => {
  lambda.on(InvokeCommand).resolves({ Payload: bytes({ ok: true, output: 'dumped 3 tables\n' }) });
  const env = { TENURE_TENANT: 'acme', TENURE_SOURCE: 'orders' };
  expect(await run(command, { cwd: 's3://scratch/x', env })).toEqual({
    ok: true,
    exitCode: 0,
    output: 'dumped 3 tables',
  });
  const [call] = lambda.commandCalls(InvokeCommand);
  expect(call?.args[0].input).toMatchObject({ FunctionName: command, InvocationType: 'RequestResponse' });
  expect(JSON.parse(String(call?.args[0].input.Payload))).toEqual({ env, cwd: 's3://scratch/x' });
});

test.each([
  'pg_dump orders',
  'my-function',
  'tenure-prod-destroy-keys',
  'arn:aws:lambda:eu-west-1:123456789012:function:tenure-prod-destroy-keys',
  'tenure-hook-',
  'tenure-hook-a b',
  '',
])('refuses %j: it is no hook, and nothing is invoked', async (command) => {
  await expect(run(command, {})).rejects.toMatchObject({ name: 'InvalidError' });
  expect(lambda.calls()).toEqual([]);
});

test('a hook that says no fails the command with its words', async () => {
  lambda.on(InvokeCommand).resolves({ Payload: bytes({ ok: false, output: 'the database is locked' }) });
  expect(await run('tenure-hook-dump', {})).toEqual({ ok: false, exitCode: 1, output: 'the database is locked' });
});

test('a hook that throws fails the command with the end of its message', async () => {
  const Payload = bytes({ errorType: 'Error', errorMessage: `${'x'.repeat(20_000)} the end`, trace: [] });
  lambda.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload });
  const result = await run('tenure-hook-dump', {});
  expect(result).toMatchObject({ ok: false, exitCode: 1 });
  expect(result.output).toHaveLength(8 * 1024);
  expect(result.output.endsWith(' the end')).toBe(true);
});

test('a hook that is ended by its own time limit counts as too long', async () => {
  const Payload = bytes({
    errorType: 'Sandbox.Timedout',
    errorMessage: 'RequestId: x Error: Task timed out after 3.00 seconds',
  });
  lambda.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload });
  expect(await run('tenure-hook-dump', {})).toMatchObject({ ok: false, exitCode: 124 });
});

test.each([
  ['nothing', ''],
  ['null', 'null'],
  ['a text', '"done"'],
  ['an ok that is no yes or no', '{"ok":"true"}'],
  ['no JSON', 'done'],
])('an answer of %s is no success', async (_, payload) => {
  lambda.on(InvokeCommand).resolves({ Payload: bytes(payload) });
  expect(await run('tenure-hook-dump', {})).toMatchObject({ ok: false, exitCode: 1 });
});

test('a hook that is still at work when the caller must end is given up', async () => {
  const given = lambdaCommand({ client: new LambdaClient({ region: 'eu-west-1' }), timeLeft: () => 5 });
  lambda.on(InvokeCommand).callsFake(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw fault('AbortError');
  });
  expect(await given('tenure-hook-dump', {})).toMatchObject({ ok: false, exitCode: 124 });
});

test.each([
  ['ResourceNotFoundException', 127],
  ['AccessDeniedException', 126],
])('%s is exit code %i', async (name, exitCode) => {
  lambda.on(InvokeCommand).rejects(fault(name));
  expect(await run('tenure-hook-dump', {})).toMatchObject({ ok: false, exitCode, output: `${name} happened` });
});

test.each(['TooManyRequestsException', 'ServiceException', 'ResourceConflictException', 'TimeoutError'])(
  '%s may pass: the step is tried again',
  async (name) => {
    lambda.on(InvokeCommand).rejects(fault(name));
    await expect(run('tenure-hook-dump', {})).rejects.toMatchObject({ name: 'UnavailableError' });
  },
);
