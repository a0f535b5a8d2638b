import { buffer } from 'node:stream/consumers';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { beforeAll, expect, inject, it } from 'vitest';
import { ZipFile } from 'yazl';
import { clientConfig } from '../../../src/adapters/aws/aws-client.ts';
import { lambdaCommand } from '../../../src/adapters/aws/lambda-command.ts';

const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' });
const hook = `tenure-hook-contract-${process.pid}`;

/** Does what its surroundings tell it to. */
const source = `export const handler = async ({ env, cwd }) => {
  if (env.DO === 'throw') throw new TypeError('no disk');
  if (env.DO === 'refuse') return { ok: false, output: 'the database is locked' };
  if (env.DO === 'nonsense') return 'done';
  return { ok: true, output: JSON.stringify({ env, cwd }) };
};
`;

async function zipped(name: string, text: string): Promise<Buffer> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(text), name);
  zip.end();
  return await buffer(zip.outputStream as unknown as AsyncIterable<Buffer>);
}

function run(env: Record<string, string>, name = hook) {
  const client = new LambdaClient(clientConfig({ region: 'us-east-1', endpoint: inject('ministack'), credentials }));
  return lambdaCommand({ client })(name, { cwd: 's3://scratch/run.1', env });
}

beforeAll(async () => {
  const client = new LambdaClient(clientConfig({ region: 'us-east-1', endpoint: inject('ministack'), credentials }));
  await client.send(
    new CreateFunctionCommand({
      ...{ FunctionName: hook, Runtime: 'nodejs22.x', Handler: 'index.handler', Timeout: 30 },
      Role: 'arn:aws:iam::000000000000:role/hook',
      Code: { ZipFile: await zipped('index.mjs', source) },
    }),
  );
});

it('a hook on ministack gets its surroundings and says yes', async () => {
  const env = { TENURE_RESTORED: 's3://scratch/run.1' };
  const result = await run(env);
  expect(result).toMatchObject({ ok: true, exitCode: 0 });
  expect(JSON.parse(result.output)).toEqual({ env, cwd: 's3://scratch/run.1' });
});

it.each([
  ['refuse', 'the database is locked'],
  ['throw', 'no disk'],
  ['nonsense', 'it must answer'],
])('a hook on ministack that is told to %s fails the command', async (what, says) => {
  const result = await run({ DO: what });
  expect(result).toMatchObject({ ok: false, exitCode: 1 });
  expect(result.output).toContain(says);
});

it('a hook that is not there is exit code 127', async () => {
  expect(await run({}, 'tenure-hook-nowhere')).toMatchObject({ ok: false, exitCode: 127 });
});
