import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Json } from '../../src/ports/table.ts';
import { serviceFolder } from '../packaging/service-folder.ts';
import { freePort } from './emulators/free-port.ts';
import { type Emulator, startMinistack } from './emulators/start.ts';
import { type FaultProxy, faultProxy } from './fault-proxy.ts';
import { pauseSchedules, type Schedule } from './schedules.ts';

const root = join(import.meta.dirname, '../..');

/** How a program ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** One stage of Tenure on an emulator of its own, with everything that its functions ask for going through a proxy. */
export interface Deployment {
  stage: string;
  region: string;
  ministack: Emulator;
  proxy: FaultProxy;
  /** How a test's own clients reach the emulator: past the proxy. */
  place: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  /** The schedules that it made; they are switched off. */
  schedules: Schedule[];
  /** How long the deployment took. */
  deployedInMs: number;
  /** Invokes a function by its name in the workflows: `StartRun`. Throws what it threw. */
  invoke(name: string, event: Json): Promise<Json>;
  /** The command line on a home that stands for this deployment. Answers the JSON that it prints. */
  tenure(...args: string[]): Promise<Json>;
  /** The same, however it ends. */
  tenureEnds(...args: string[]): Promise<Ended>;
  stop(): Promise<void>;
}

/** What a deployment is to be. */
export interface DeploymentOptions {
  stage: string;
  /** Parameters of serverless.yml beside those that every test needs. */
  params?: Record<string, string>;
  /** Seed of the faults; see {@link faultProxy}. */
  seed?: string;
  /** Variables of the emulator's process. */
  env?: Record<string, string>;
}

/** Starts an emulator and deploys to it with `serverless deploy`, as docs/deploy.md says. */
export async function deploy({ stage, params = {}, seed = stage, env = {} }: DeploymentOptions): Promise<Deployment> {
  const region = 'us-east-1';
  // The functions have to be told of the proxy, and the proxy of the emulator: one address has to be settled first.
  const proxyPort = await freePort();
  const ministack = await startMinistack({
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${proxyPort}`,
      // Waits before retries are as short as can be; how long they are is Step Functions' business.
      SFN_WAIT_SCALE: '0.01',
      ...env,
    },
  });
  const proxy = await faultProxy({ target: ministack.url, seed, port: proxyPort });
  const home = mkdtempSync(join(tmpdir(), 'tenure-aws-home-'));
  const stop = async () => {
    await ministack.stop();
    await proxy.close();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const place = { endpoint: ministack.url, region, credentials };
    const began = Date.now();
    await serverlessDeploy(stage, region, ministack.url, params);
    const deployedInMs = Date.now() - began;
    const schedules = await pauseSchedules(place);
    const lambda = new LambdaClient({ ...place, requestHandler: { requestTimeout: 900_000 } });
    const tenureEnds = async (...args: string[]) =>
      await ended(
        spawn(process.execPath, [join(root, 'bin/tenure.js'), '--home', join(home, 'home'), '--json', ...args], {
          env: environment(proxy.url),
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      );
    return {
      ...{ stage, region, ministack, proxy, place, deployedInMs, schedules, tenureEnds, stop },
      async invoke(name, event) {
        const FunctionName = `tenure-${stage}-${name}`;
        const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
        const text = Buffer.from(answer.Payload ?? []).toString();
        if (answer.FunctionError !== undefined) throw new Error(`${FunctionName}: ${text}`);
        return JSON.parse(text) as Json;
      },
      async tenure(...args) {
        const { code, stdout, stderr } = await tenureEnds(...args);
        if (code !== 0) throw new Error(`tenure ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
        return stdout === '' ? null : (JSON.parse(stdout) as Json);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The environment of a program that reaches AWS at this address only. */
function environment(endpoint: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:TENURE_|AWS_|VITEST)/.test(name));
  return {
    ...Object.fromEntries(own),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

async function serverlessDeploy(stage: string, region: string, endpoint: string, params: Record<string, string>) {
  const given = Object.entries({ emulator: 'true', onRemoval: 'Delete', ...params });
  const args = [
    'deploy',
    '--stage',
    stage,
    '--region',
    region,
    ...given.map(([name, value]) => `--param=${name}=${value}`),
  ];
  const dir = serviceFolder();
  const { code, stdout, stderr } = await ended(
    spawn(join(root, 'node_modules/.bin/serverless'), args, {
      cwd: dir,
      env: { ...environment(endpoint), SLS_TELEMETRY_DISABLED: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  rmSync(dir, { recursive: true, force: true });
  if (code !== 0)
    throw new Error(`serverless deploy ended with ${code}:\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`);
}

async function ended(child: ChildProcess): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}
