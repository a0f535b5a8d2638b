import type { StateMachine as LocalStateMachine } from 'aws-local-stepfunctions';
import { ConflictError, InvalidError, NotFoundError } from '../../domain/errors.ts';
import { requireExecutionName } from '../../domain/execution-name.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Json, Table } from '../../ports/table.ts';
import type { Execution, Machine, Workflows } from '../../ports/workflows.ts';
import { type AslDefinition, definitionOf, tasksOf, waitsOf } from './asl-definitions.ts';
import { executionRecords, type Held } from './execution-records.ts';
import { patiently } from './patiently.ts';
import { processLease, signOfLifeMs } from './process-lease.ts';

/** Largest payload between states, as Step Functions has it (Quotas for state machine executions). */
const maxPayloadBytes = 256 * 1024;

/** Longest timer that Node has (2³¹ − 1 ms), nearly 25 days. */
const longestTimeoutSeconds = 2_147_483;

/** What the runner needs around it. */
export interface AslRunnerOptions {
  table: Table;
  clock: Clock;
  /** Folder of the `*.asl.json` files. */
  definitions: string;
  /** Finds the handler of a function by its name in the definition: `BackUpShard`. */
  handler: (functionName: string) => Promise<(event: Json) => Promise<Json>>;
  /** This process, as it signs its executions. */
  holder: string;
  /** Whether another one lives; `undefined` where only its lease can tell. */
  holderAlive: (holder: string) => boolean | undefined;
  /** How long every Wait takes instead of its own time, in milliseconds: tests do not wait for a service. */
  waitMs?: number;
}

/** The embedded Workflows: one machine, all executions of this process in memory, their records in the Table. */
export interface AslRunner extends Workflows {
  /** Starts again what a killed process left `running`. Returns the executions that were taken over. */
  redriveKilled(): Promise<Execution[]>;
  /** What a killed process left `running`, without touching it. */
  killed(): Promise<Execution[]>;
  /** Resolves with the execution once it has ended, in this process; rejects when its end could not be put on record. */
  finished(machine: Machine, name: string): Promise<Execution>;
  /** Resolves when no execution of this process runs any more. */
  idle(): Promise<void>;
  /** Waits for what runs, then gives the lease of this process back. */
  close(): Promise<void>;
}

const keyOf = ({ machine, name }: Pick<Execution, 'machine' | 'name'>): string => `${machine}/${name}`;

/** An execution in the memory of this process. */
interface Running extends Held {
  done: Promise<Execution>;
  abort: (name: string, reason: string) => void;
}

/** Runs the state machines with `aws-local-stepfunctions` and records every execution with its history. */
export function aslRunner(options: AslRunnerOptions): AslRunner {
  const lease = processLease(options);
  const running = new Map<string, Running>();
  const records = executionRecords({ ...options, lease, isRun: (execution) => running.has(keyOf(execution)) });
  let signs: NodeJS.Timeout | undefined;

  /** Renews the lease, and lets go of what another process has taken over while this one stood still. */
  async function giveSignOfLife(): Promise<void> {
    await lease.renew();
    for (const run of running.values()) {
      if (!(await records.isHeld(run))) run.abort('TakenOver', 'another process took it over');
    }
  }

  /** Before each step: a process that stood still for longer than its lease may have a successor, which must not be disturbed. */
  async function stillHeld(): Promise<void> {
    if (lease.lapsed()) await giveSignOfLife();
  }

  /** Whatever became of its end: what is on record as `running` and not in memory is taken over as a killed one is. */
  function forget(key: string, run: Running): void {
    if (running.get(key) === run) running.delete(key);
    if (running.size > 0) return;
    clearInterval(signs);
    signs = undefined;
  }

  async function launch(held: Held): Promise<void> {
    const { execution } = held;
    const key = keyOf(execution);
    let aborted: { name: string; message: string } | undefined;
    const history = records.historyWriter(execution);
    history.add({ type: execution.redrives === 0 ? 'execution-started' : 'execution-redriven' });
    const end = async (how: Partial<Execution>): Promise<Execution> => {
      const ended = { ...execution, ...how, endedAt: options.clock.now() };
      history.add({
        type: 'execution-ended',
        detail: ended.error ? `${ended.status}: ${ended.error.name}` : ended.status,
      });
      return await patiently(async () => {
        await history.flush();
        return await records.end({ ...held, execution: ended });
      });
    };
    const run = await native(execution, options, async () => {
      await stillHeld();
      if (aborted !== undefined) throw new ConflictError(`execution ${execution.name} was ended: ${aborted.message}`);
    }).catch(async (error: Error) => {
      // Why it could not begin says more than why that is not on record.
      await end({ status: 'failed', error: faultOf(error) }).catch(() => undefined);
      throw error;
    });
    const logged = (async () => {
      for await (const event of run.eventLogs) history.addNative(event);
    })().catch(() => undefined);
    const done = run.result
      .then(
        (output): Partial<Execution> => ({ status: 'succeeded', output: output as Json }),
        (error: Error): Partial<Execution> => ({
          status: aborted === undefined ? 'failed' : 'stopped',
          error: aborted ?? faultOf(error),
        }),
      )
      .then(async (how) => {
        await logged;
        return await end(how).catch(async (error: Error) => {
          if (!(error instanceof InvalidError)) throw error;
          // Its output is more than a record takes, and would be so each time that it was taken over.
          return await end({ status: 'failed', error: faultOf(error) });
        });
      })
      .finally(() => forget(key, mine));
    // Whoever waits for it is told; where nobody does, its end that is not on record must not end the process.
    done.catch(() => undefined);
    const mine: Running = {
      ...held,
      done,
      abort: (name, message) => {
        aborted ??= { name, message };
        run.abort();
      },
    };
    running.set(key, mine);
    // It keeps no process alive, and a sign that fails is made good by the next one, or before the next step.
    signs ??= setInterval(() => void giveSignOfLife().catch(() => undefined), signOfLifeMs).unref();
  }

  const runner: AslRunner = {
    async start(machine, name, input) {
      requireExecutionName(name);
      return await records.begin(machine, name, input, launch);
    },
    describe: (machine, name) => records.describe(machine, name),
    history: (machine, name) => records.history(machine, name),
    list: (filter) => records.list(filter),
    async stop(machine, name, reason) {
      const mine = running.get(keyOf({ machine, name }));
      if (mine === undefined) {
        throw new ConflictError(`execution ${name} does not run in this process`, {
          hint: 'Stop the process that runs it; the next command that runs workflows takes the execution over.',
        });
      }
      mine.abort('Stopped', reason);
      await mine.done;
    },
    async redriveKilled() {
      const taken: Execution[] = [];
      for (const orphan of await records.orphans()) {
        // Launched before the next one is taken, whose taking may fail. One that cannot be begun is on record as failed by then,
        // and must not keep the others from it.
        const execution = await records.claim(orphan, async (held) => await launch(held).catch(() => undefined));
        if (execution !== undefined) taken.push(execution);
      }
      await lease.forgetLapsed();
      return taken;
    },
    killed: async () => (await records.orphans()).map(({ execution }) => execution),
    async finished(machine, name) {
      const mine = running.get(keyOf({ machine, name }));
      if (mine !== undefined) return await mine.done;
      const execution = await records.describe(machine, name);
      if (execution === undefined) throw new NotFoundError(`no execution ${name} of ${machine}`);
      return execution;
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled([...running.values()].map((run) => run.done));
    },
    async close() {
      await runner.idle();
      // One that cannot be given back lapses by itself.
      await lease.release().catch(() => undefined);
    },
  };
  return runner;
}

/** Begins an execution in this process. `before` is called before each step, which does not happen when it throws. */
async function native(execution: Execution, options: AslRunnerOptions, before: () => Promise<void>) {
  const { machine: name, input, startedAt } = execution;
  const machine = await compile(name, options);
  return machine.run(input, {
    context: { Execution: { Name: execution.name, Input: input, StartTime: startedAt } },
    overrides: {
      taskResourceLocalHandlers: await handlersOf(name, options, before),
      ...(options.waitMs === undefined ? {} : { waitTimeOverrides: waitsFor(name, options) }),
    },
  });
}

const compiled = new Map<string, LocalStateMachine>();

async function compile(machine: Machine, options: AslRunnerOptions): Promise<LocalStateMachine> {
  const known = compiled.get(machine);
  if (known !== undefined) return known;
  // Loaded late: the package takes 180 ms, and most commands run no workflow. Definitions are validated by the tests.
  const { StateMachine } = await import('aws-local-stepfunctions');
  type Definition = ConstructorParameters<typeof StateMachine>[0];
  const definition = patient(definitionOf(machine, options.definitions));
  const made = new StateMachine(definition as unknown as Definition, {
    validationOptions: { noValidate: true },
  });
  compiled.set(machine, made);
  return made;
}

/**
 * The same machine with steps that may take their time. A definition's `TimeoutSeconds` are there for Lambda, which ends a
 * function after 15 minutes; here a backup that takes an hour is at work for an hour, and a second one beside it would not help.
 */
function patient(definition: AslDefinition): AslDefinition {
  const states = Object.entries(definition.States).map(([name, state]) => [
    name,
    {
      ...state,
      ...(state.Type === 'Task' ? { TimeoutSeconds: longestTimeoutSeconds } : {}),
      ...(state.ItemProcessor === undefined ? {} : { ItemProcessor: patient(state.ItemProcessor) }),
    },
  ]);
  return { ...definition, States: Object.fromEntries(states) as AslDefinition['States'] };
}

/** One local handler per Task state, unwrapping and rewrapping the payload as the Lambda integration does. */
async function handlersOf(machine: Machine, options: AslRunnerOptions, before: () => Promise<void>) {
  const handlers: Record<string, (input: unknown) => Promise<never>> = {};
  for (const { state, functionName } of tasksOf(definitionOf(machine, options.definitions))) {
    handlers[state] = async (input) => {
      await before();
      const handler = await options.handler(functionName);
      const payload = (await handler((input as { Payload: Json }).Payload)) ?? null;
      const bytes = Buffer.byteLength(JSON.stringify(payload));
      if (bytes > maxPayloadBytes) {
        const error = new Error(`${functionName} returned ${bytes} bytes; states pass on at most ${maxPayloadBytes}`);
        error.name = 'States.DataLimitExceeded';
        throw error;
      }
      return { StatusCode: 200, Payload: payload } as never;
    };
  }
  return handlers;
}

function waitsFor(machine: Machine, { definitions, waitMs = 0 }: AslRunnerOptions): Record<string, number> {
  return Object.fromEntries(waitsOf(definitionOf(machine, definitions)).map((state) => [state, waitMs]));
}

function faultOf(error: Error): { name: string; message: string } {
  const cause = error.cause instanceof Error ? error.cause : error;
  return { name: cause.name, message: cause.message };
}
