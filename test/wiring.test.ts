import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import aslValidator from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { type AslDefinition, type AslState, definitionOf, tasksOf } from '../src/adapters/embedded/asl-definitions.ts';
import * as errors from '../src/domain/errors.ts';
import { machines } from '../src/ports/workflows.ts';

const folder = join(import.meta.dirname, '../state-machines');
const functions = new Set(
  readdirSync(join(import.meta.dirname, '../functions')).map((file) => file.replace(/\.ts$/, '')),
);
const kebab = (name: string) => name.replaceAll(/(?!^)([A-Z])/g, '-$1').toLowerCase();

/** Every state with its definition, those inside Maps included. */
function statesOf(
  definition: AslDefinition,
  inMap = false,
): { name: string; state: AslState; inMap: boolean; siblings: Set<string> }[] {
  const siblings = new Set(Object.keys(definition.States));
  return Object.entries(definition.States).flatMap(([name, state]) => [
    { name, state, inMap, siblings },
    ...(state.ItemProcessor === undefined ? [] : statesOf(state.ItemProcessor, true)),
  ]);
}

describe.each(machines)('state machine %s', (machine) => {
  const definition = definitionOf(machine, folder);
  const states = statesOf(definition);

  it('is valid ASL', () => {
    const verdict = aslValidator(structuredClone(definition) as never, { checkPaths: true, checkArn: false });
    expect(verdict.errors).toEqual([]);
  });

  it('names functions that exist, each by its own name', async () => {
    for (const { functionName } of tasksOf(definition)) {
      expect(functions, functionName).toContain(kebab(functionName));
      const module = (await import(`../functions/${kebab(functionName)}.ts`)) as { handler: unknown };
      expect(typeof module.handler).toBe('function');
    }
  });

  it('goes only to states that exist, and uses no name twice', () => {
    const names = states.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, state, siblings } of states) {
      const catches = (state.Catch as { Next: string }[] | undefined) ?? [];
      const choices = (state.Choices as { Next: string }[] | undefined) ?? [];
      for (const next of [state.Next, state.Default, ...catches.map((c) => c.Next), ...choices.map((c) => c.Next)]) {
        if (next !== undefined) expect(siblings, `${name} → ${next}`).toContain(next);
      }
    }
  });

  it('keeps to what every runtime does alike', () => {
    for (const { name, state, inMap } of states) {
      const text = JSON.stringify(state.ItemProcessor === undefined ? state : { ...state, ItemProcessor: undefined });
      expect(text, name).not.toMatch(
        /Tolerated|MaxConcurrencyPath|ItemReader|"Assign"|QueryLanguage|States\.(Timeout|TaskFailed)|\$\.Cause/,
      );
      if (inMap) expect(text, name).not.toContain('$$.Execution');
      if (state.Type === 'Map') {
        expect(state.ResultPath, name).toBeNull();
        expect(state.Catch, name).toBeUndefined();
        expect(state.Retry, name).toBeUndefined();
        expect(state.ItemProcessor, name).toMatchObject({
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        });
      }
      if (inMap && state.Type === 'Succeed') expect(state.OutputPath, name).toBeNull();
      if (inMap) expect(state.End, name).toBeUndefined();
    }
  });

  it('catches everything with States.ALL, and never retries what cannot succeed', () => {
    const permanent = Object.values(errors)
      .filter((value) => typeof value === 'function')
      .map((Class) => (Class as { name: string }).name)
      .filter((name) => name !== 'TenureError' && name !== 'UnavailableError')
      .sort();
    for (const { name, state } of states.filter(({ state }) => state.Type === 'Task')) {
      expect(state.Resource, name).toBe('arn:aws:states:::lambda:invoke');
      expect(state.TimeoutSeconds, name).toBeGreaterThan(0);
      const [never, always] = state.Retry as { ErrorEquals: string[]; MaxAttempts: number }[];
      expect([...never!.ErrorEquals].sort(), name).toEqual(permanent);
      expect(never!.MaxAttempts, name).toBe(0);
      expect(always!.ErrorEquals, name).toEqual(['States.ALL']);
      for (const { ErrorEquals } of (state.Catch as { ErrorEquals: string[] }[] | undefined) ?? []) {
        expect(ErrorEquals, name).toEqual(['States.ALL']);
      }
    }
  });
});

/** Functions that no state machine calls: schedules, events of other services, API Gateway or the command line do. */
const entryPoints = [
  'deliver-webhooks',
  'register-plans',
  'run-controls',
  'serve-api',
  'start-run',
  'take-backup-event',
  'take-mail-event',
];

it('every function is used by a state machine, or is an entry point', async () => {
  const used = new Set(
    machines.flatMap((machine) => tasksOf(definitionOf(machine, folder))).map((task) => kebab(task.functionName)),
  );
  for (const name of entryPoints) {
    expect(used, `${name} is called by a state machine: it is no entry point`).not.toContain(name);
    const module = (await import(`../functions/${name}.ts`)) as { handler: unknown };
    expect(typeof module.handler, name).toBe('function');
  }
  expect([...functions].sort()).toEqual([...used, ...entryPoints].sort());
});

it('errors have literal names, since state machines match them', () => {
  for (const Class of [
    errors.InvalidError,
    errors.NotFoundError,
    errors.ConflictError,
    errors.BlockedError,
    errors.CorruptError,
    errors.UnavailableError,
  ]) {
    expect(new Class('x').name).toBe(Class.name);
  }
});
