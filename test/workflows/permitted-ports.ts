import { expect } from 'vitest';
import { rights } from '../../infra/iam.js';
import type { Deps } from '../../src/deps.ts';
import type { Source } from '../../src/domain/source.ts';
import type { Write } from '../../src/ports/table.ts';
import { type Machine, machines } from '../../src/ports/workflows.ts';

type Words = readonly string[];
type Needs = Record<string, string | ((...args: never[]) => Words)>;

const kindOf = (ref: string) => ref.split('/')[0] ?? '';

/** The words of infra/iam.js that a call of a port needs. What is not named here needs none: on AWS it calls nothing. */
const needs: Record<string, Needs> = {
  table: {
    get: 'catalog:read',
    query: 'catalog:read',
    queryIndex: 'catalog:read',
    transact: (writes: readonly Write[]) =>
      writes.map((write) => ('delete' in write ? 'catalog:delete' : 'catalog:write')),
  },
  objects: {
    get: 'objects:read',
    head: 'objects:read',
    list: 'objects:read',
    put: 'objects:write',
    purge: 'objects:delete',
  },
  evidence: {
    get: 'evidence:read',
    head: 'evidence:read',
    list: 'evidence:read',
    put: 'evidence:write',
    extendLock: 'evidence:write',
    purge: 'evidence:delete',
  },
  keys: {
    open: (ref: string) => [`keys:open(${kindOf(ref)})`],
    make: (ref: string) => [`keys:make(${kindOf(ref)})`],
    list: (prefix: string) => [`keys:list(${kindOf(prefix)})`],
    destroy: (refs: readonly string[]) => refs.map((ref) => `keys:destroy(${kindOf(ref)})`),
    sign: 'keys:sign',
    publicKeys: 'keys:public',
    recoveries: 'keys:recoveries',
    replicas: 'keys:recoveries',
  },
  mailer: { send: 'mail' },
  workflows: {
    start: (machine: string) => [`workflows:start(${machine})`],
    describe: (machine: string) => [`workflows:list(${machine})`],
    list: ({ machine }: { machine?: Machine } = {}) =>
      (machine === undefined ? machines : [machine]).map((name) => `workflows:list(${name})`),
  },
  managed: {
    verify: 'managed:read',
    vault: 'managed:read',
    describe: 'managed:read',
    list: 'managed:read',
    start: 'managed:start',
    delete: 'managed:delete',
    startRestoreTest: 'managed:test',
    restoreTest: 'managed:test',
    validateRestore: 'managed:test',
    endRestoreTest: 'managed:test',
  },
  downloads: { put: 'scratch:write', link: 'scratch:read' },
  scratch: { target: 'scratch:write', reader: 'scratch:read', remove: 'scratch:delete', list: 'scratch:read' },
};

/** What a driver of S3 calls; it does not overwrite. */
const sourceNeeds: Needs = {
  verify: 'sources:read',
  scan: 'sources:read',
  splits: 'sources:read',
  open: 'sources:read',
  delete: 'sources:delete',
  survivors: 'sources:sweep',
};

/**
 * Ports as the function may use them: a call that infra/iam.js gives it no right to fails the test, since it would fail on AWS,
 * where no test sees it.
 */
export function permittedPorts(functionName: string, deps: Deps): Deps {
  const granted = grantedWords(functionName);
  const guard = (port: object, called: string, table: Needs): object =>
    new Proxy(port, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        const need = typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
        if (typeof value !== 'function' || need === undefined) return value;
        return (...args: never[]) => {
          for (const word of typeof need === 'string' ? [need] : need(...args)) {
            // Asked first: a sweep calls ports a hundred thousand times, and an expectation costs more than most calls.
            if (!granted.includes(word))
              expectSoftly(granted, `${functionName} calls ${called}.${String(name)}`).toContain(word);
          }
          return (value as (...given: never[]) => unknown).apply(target, args);
        };
      },
    });
  const guarded = Object.entries(needs).flatMap(([port, table]) => {
    const own = deps[port as keyof Deps] as object | undefined;
    return own === undefined ? [] : [[port, guard(own, port, table)]];
  });
  return {
    ...deps,
    ...(Object.fromEntries(guarded) as Partial<Deps>),
    // Of a managed source the driver asks the managed service alone.
    sourceDriver: (source: Source) => {
      const driver = deps.sourceDriver(source);
      const table = source.kind === 'aws-backup' ? { verify: 'managed:read' } : sourceNeeds;
      return guard(driver, 'sourceDriver', table) as typeof driver;
    },
    ...(deps.publish === undefined
      ? {}
      : {
          publish: async (...args) => {
            expectSoftly(granted, `${functionName} publishes`).toContain('events');
            return (await deps.publish?.(...args)) ?? 'refused';
          },
        }),
    restoreFolder: async (...args) => {
      expectSoftly(granted, `${functionName} restores for somebody`).toContain('restores:write');
      return await deps.restoreFolder(...args);
    },
    runCommand: async (...args) => {
      expectSoftly(granted, `${functionName} runs a command`).toContain('hooks');
      return await deps.runCommand(...args);
    },
  };
}

/** Soft, so that a workflow which catches the error does not hide it; in a hook there is no test that could fail softly. */
function expectSoftly(granted: unknown, message: string) {
  return expect.getState().currentTestName === undefined ? expect(granted, message) : expect.soft(granted, message);
}

/** `keys:open(root,work)` → `keys:open(root)`, `keys:open(work)`. */
function grantedWords(functionName: string): Words {
  const words = (rights as unknown as Record<string, Words | undefined>)[functionName];
  if (words === undefined) throw new Error(`infra/iam.js says nothing about ${functionName}`);
  return words.flatMap((word) => {
    const [, name, kinds] = /^(.*?)\((.*)\)$/.exec(word) ?? [];
    return kinds === undefined ? [word] : kinds.split(',').map((kind) => `${name}(${kind})`);
  });
}
