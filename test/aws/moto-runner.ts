import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { definitionOf, tasksOf } from '../../src/adapters/embedded/asl-definitions.ts';
import { NotFoundError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/ports/table.ts';
import type { Execution, Machine, Workflows } from '../../src/ports/workflows.ts';
import { type HandlerBridge, handlerBridge } from './handler-bridge.ts';

const definitions = join(import.meta.dirname, '../../state-machines');

/** moto judges ASL; it has no Lambda rights to check. */
const role = 'arn:aws:iam::123456789012:role/machine';

/** moto runs one machine well in a region; a machine that starts another one is in a region of its own. */
const regions: Record<Machine, string> = {
  backup: 'us-east-1',
  'restore-test': 'us-east-2',
  expiry: 'us-west-2',
  'obsolescence-audit': 'eu-west-1',
  notice: 'eu-central-1',
  erasure: 'ap-southeast-2',
  'take-out': 'ap-northeast-1',
};

/** The six definitions on moto's Step Functions, calling handlers of this process. */
export interface MotoRunner {
  /** Those of the Workflows port that use cases of a run need. */
  workflows: Workflows;
  /** Resolves once it has ended. */
  finished(machine: Machine, name: string): Promise<Execution>;
  /** Resolves when all that were started have ended. */
  idle(): Promise<void>;
  bridge: HandlerBridge;
}

/** @param prefix Keeps the machines of one test apart from those of another on the same moto. */
export async function motoRunner(
  endpoint: string,
  prefix: string,
  handler: (name: string, event: Json) => Promise<Json>,
): Promise<MotoRunner> {
  const bridge = await handlerBridge(handler);
  const started = new Map<string, { machine: Machine; name: string; arn: string }>();
  const client = (machine: Machine) =>
    new SFNClient({
      endpoint,
      region: regions[machine],
      // moto asks for no signature; a host prefix would leave loopback.
      disableHostPrefix: true,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });

  async function describe(machine: Machine, name: string): Promise<Execution | undefined> {
    const known = started.get(`${machine}/${name}`);
    if (known === undefined) return undefined;
    const found = await client(machine).send(new DescribeExecutionCommand({ executionArn: known.arn }));
    const status = found.status?.toLowerCase() as Execution['status'];
    return {
      name,
      machine,
      status,
      input: JSON.parse(found.input ?? 'null') as Json,
      ...(status === 'succeeded' ? { output: JSON.parse(found.output ?? 'null') as Json } : {}),
      ...(found.error === undefined ? {} : { error: { name: found.error, message: found.cause ?? '' } }),
      startedAt: found.startDate?.toISOString() ?? '',
      redrives: 0,
    };
  }

  async function finished(machine: Machine, name: string): Promise<Execution> {
    for (;;) {
      const execution = await describe(machine, name);
      if (execution === undefined) throw new NotFoundError(`no execution ${name} of ${machine}`);
      if (execution.status !== 'running') return execution;
      await sleep(50);
    }
  }

  return {
    bridge,
    finished,
    async idle() {
      for (let known = 0; known < started.size; ) {
        known = started.size;
        for (const { machine, name } of [...started.values()]) await finished(machine, name);
      }
    },
    workflows: {
      async start(machine, name, input) {
        const before = await describe(machine, name);
        if (before?.status === 'running' || before?.status === 'succeeded') return before;
        const sfn = client(machine);
        const { stateMachineArn } = await sfn.send(
          new CreateStateMachineCommand({
            name: `${prefix}-${machine}`,
            definition: substituted(machine, bridge),
            roleArn: role,
          }),
        );
        const { executionArn = '' } = await sfn.send(
          new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
        );
        started.set(`${machine}/${name}`, { machine, name, arn: executionArn });
        return (await describe(machine, name)) as Execution;
      },
      describe,
      list: async () => [],
      history: () => Promise.reject(new Error('no run reads a history')),
      stop: () => Promise.reject(new Error('no run stops another')),
    },
  };
}

/** The definition with each `${NameArn}` standing for a function of the bridge, as the deployment puts ARNs there. */
function substituted(machine: Machine, bridge: HandlerBridge): string {
  const definition = definitionOf(machine, definitions);
  const names = new Set(tasksOf(definition).map(({ functionName }) => functionName));
  return JSON.stringify(definition).replaceAll(/\$\{(\w+)Arn\}/g, (_whole, name: string) => {
    if (!names.has(name)) throw new Error(`${machine} names ${name} outside a Task`);
    return bridge.functionName(name);
  });
}
