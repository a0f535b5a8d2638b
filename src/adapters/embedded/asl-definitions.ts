import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../ports/table.ts';
import type { Machine } from '../../ports/workflows.ts';

/** As much of an Amazon States Language definition as the runner looks at. */
export interface AslState {
  Type: string;
  Parameters?: { [name: string]: Json };
  ItemProcessor?: AslDefinition;
  [field: string]: unknown;
}

/** A machine or the inner machine of a Map. */
export interface AslDefinition {
  StartAt: string;
  States: Record<string, AslState>;
}

const definitions = new Map<string, AslDefinition>();

/** Reads `state-machines/<machine>.asl.json`, once. */
export function definitionOf(machine: Machine, folder: string): AslDefinition {
  const path = join(folder, `${machine}.asl.json`);
  let definition = definitions.get(path);
  if (definition === undefined) {
    definition = JSON.parse(readFileSync(path, 'utf8')) as AslDefinition;
    definitions.set(path, definition);
  }
  return definition;
}

/** Every Wait of a machine, those inside Maps included. */
export function waitsOf(definition: AslDefinition): string[] {
  return Object.entries(definition.States).flatMap(([state, body]) =>
    body.ItemProcessor === undefined ? (body.Type === 'Wait' ? [state] : []) : waitsOf(body.ItemProcessor),
  );
}

/** Every Task of a machine, those inside Maps included, with the function it names: `${BackUpShardArn}` → `BackUpShard`. */
export function tasksOf(definition: AslDefinition): { state: string; functionName: string }[] {
  return Object.entries(definition.States).flatMap(([state, body]) => {
    if (body.ItemProcessor !== undefined) return tasksOf(body.ItemProcessor);
    if (body.Type !== 'Task') return [];
    const name = /^\$\{(\w+)Arn\}$/.exec(String(body.Parameters?.FunctionName))?.[1];
    return name === undefined ? [] : [{ state, functionName: name }];
  });
}
