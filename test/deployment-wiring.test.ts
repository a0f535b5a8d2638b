import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asynchronous } from '../infra/events.js';
import { fileOf, functions as functionsOf, table } from '../infra/functions.js';
import { rights } from '../infra/iam.js';
import { functionsOf as calledBy, machines as deployed, stateMachines } from '../infra/machines.js';
import { backupSweeps, minutesOf } from '../infra/schedules.js';
import { type AslDefinition, definitionOf, tasksOf } from '../src/adapters/embedded/asl-definitions.ts';
import { standardPlan, unattendedPlan } from '../src/domain/plan-texts.ts';
import { readPlanFiles } from '../src/plan-files.ts';
import { machines } from '../src/ports/workflows.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'state-machines');
const files = readdirSync(join(root, 'functions')).map((file) => file.replace('.ts', ''));
const names = Object.keys(table);
const parameters = new Map([['sls:stage', 'test']]);
const resolveVariable = async (name: string) => parameters.get(name) ?? '';

interface Deployed {
  name: string;
  handler: string;
  timeout: number;
  memorySize: number;
}

/** Every Task with the longest that its machine waits for it. */
function waits(definition: AslDefinition): { state: string; functionName: string; seconds: number }[] {
  return Object.entries(definition.States).flatMap(([state, body]) => {
    if (body.ItemProcessor !== undefined) return waits(body.ItemProcessor);
    const [task] = tasksOf({ StartAt: state, States: { [state]: body } });
    return task === undefined ? [] : [{ ...task, seconds: body.TimeoutSeconds as number }];
  });
}

describe('serverless.yml', () => {
  it('deploys every function that is a file, and no other', () => {
    expect(names.map(fileOf).sort()).toEqual(files.sort());
  });

  it('deploys the state machines as they lie there, and calls in them only functions that it deploys', async () => {
    expect(deployed).toEqual([...machines].sort());
    const made = (await stateMachines({ resolveVariable })) as Record<string, { name: string; definition: unknown }>;
    for (const machine of machines) {
      const asl = JSON.stringify(definitionOf(machine, folder)).replaceAll(
        /\$\{(\w+)Arn\}/g,
        '#{$1LambdaFunction.Arn}',
      );
      expect(made[machine]).toMatchObject({ name: `tenure-test-${machine}` });
      expect(JSON.stringify(made[machine]?.definition)).toBe(asl);
      for (const called of calledBy(machine)) expect(names).toContain(called);
    }
  });

  it('gives each function a role of its own', () => {
    expect(Object.keys(rights).sort()).toEqual([...names].sort());
  });

  it('calls from outside exactly what no machine calls', () => {
    const called = new Set(machines.flatMap(calledBy));
    const others = names.filter((name) => !called.has(name)).sort();
    // The command line asks for the plans, and waits.
    expect(others).toEqual([...asynchronous, 'RegisterPlans', 'ServeApi'].sort());
  });

  it('ends a function before its machine ceases to wait, so that no twin starts beside it', async () => {
    const made = (await functionsOf({ resolveVariable })) as unknown as Record<string, Deployed>;
    for (const machine of machines) {
      for (const { state, functionName, seconds } of waits(definitionOf(machine, folder))) {
        expect(made[functionName]?.timeout, `${machine}: ${state}`).toBeLessThan(seconds);
      }
    }
    // A new account has 3,008 MB at most, and Lambda 900 s.
    for (const { name, memorySize, timeout, handler } of Object.values(made)) {
      expect(memorySize, name).toBeLessThanOrEqual(3008);
      expect(timeout, name).toBeLessThanOrEqual(900);
      expect(handler, name).toMatch(/^functions\/[a-z-]+\.handler$/);
    }
  });

  it('refuses a stage that no bucket could be named after', async () => {
    await expect(functionsOf({ resolveVariable: async () => 'Prod_1' })).rejects.toThrow('must begin with a letter');
  });
});

describe('schedules', () => {
  it('come at every minute that a plan names, whatever the hour: tenants live in many zones', () => {
    expect(minutesOf('0 2 * * *')).toEqual([0]);
    expect(minutesOf('*/20 2 * * *')).toEqual([0, 20, 40]);
    expect(minutesOf('5,50-52 * * * 1-5')).toEqual([5, 50, 51, 52]);
    expect(minutesOf('7/25 0 1 * *')).toEqual([7, 32, 57]);
    expect(minutesOf('* * * * *')).toHaveLength(60);
  });

  it('are one sweep for each cadence that the plans have', () => {
    expect(backupSweeps(join(root, 'infra/plans'))).toMatchObject({
      DailyBackup: { cron: '0 * * * ? *', input: { kind: 'backup', cadence: 'daily', due: true } },
      WeeklyBackup: { cron: '0 * * * ? *', input: { kind: 'backup', cadence: 'weekly', due: true } },
    });
  });
});

it('the plans of a deployment are those that `init` writes, until somebody puts others there', () => {
  const plans = readPlanFiles(join(root, 'infra/plans'));
  expect([...plans].map(([name, { text }]) => [name, text])).toEqual([
    ['standard', standardPlan],
    ['unattended', unattendedPlan],
  ]);
});
