import { type AslDefinition, definitionOf } from '../../src/adapters/embedded/asl-definitions.ts';
import { UnavailableError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/ports/table.ts';
import type { Machine } from '../../src/ports/workflows.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { failing } from '../workflows/checks.ts';
import { type Around, operator } from '../workflows/memory-home.ts';

/** What disturbs the handlers of a run. */
export interface Disturbance {
  around?: Around;
  /** Each handler finds its time used up, so whatever can stop does so after its least step. */
  hurried?: boolean;
  /** Called when the run is over. */
  seen?: () => void;
}

/** A function that is out of order: always, or so many times for each of its items. */
export function broken(functionName: string, times?: number): Disturbance {
  return { around: failing(functionName, () => new UnavailableError('out of order'), times) };
}

/** A hold that is placed while the erasure is on its way. */
export function held(): Disturbance {
  return {
    async around(name, _event, call, process) {
      if (name === 'GateErasure') {
        await placeHold.typed(process.deps, { tenant: 'acme', reason: 'lawsuit', actor: operator });
      }
      return await call();
    },
  };
}

/** Every step that may be asked to go on answers `more` the first time, though it has done its work: it is called again. */
export function looping(machine: Machine, definitions: string, told: Set<string>): Disturbance {
  const loops = loopsOf(definitionOf(machine, definitions));
  const calls = new Set<string>();
  return {
    async around(name, event, call) {
      const answer = await call();
      const key = `${name} ${JSON.stringify(event)}`;
      if (!loops.has(name) || calls.has(key)) return answer;
      calls.add(key);
      told.add(name);
      return { ...(answer as { [field: string]: Json }), outcome: 'more' };
    },
  };
}

/** Functions of Tasks to which a Choice leads back on `more`, found in the definition. */
export function loopsOf({ States }: AslDefinition): Set<string> {
  const found = Object.values(States).flatMap((state) => {
    if (state.ItemProcessor !== undefined) return [...loopsOf(state.ItemProcessor)];
    const choice = States[String(state.Next)];
    const choices = (choice?.Choices ?? []) as { StringEquals?: string; Next: string }[];
    const again = choices.some(({ StringEquals, Next }) => StringEquals === 'more' && States[Next] === state);
    const [, name] = /^\$\{(\w+)Arn\}$/.exec(String(state.Parameters?.FunctionName)) ?? [];
    return again && name !== undefined ? [name] : [];
  });
  return new Set(found);
}
