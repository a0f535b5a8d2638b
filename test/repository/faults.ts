import type { Repository } from '../../src/repository/repository.ts';

/** The process died. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** Ports of one process that dies at its n-th call of a port: that call happens or not, and none after it does. */
export function mortal(repo: Repository, dieAt: number, afterEffect: boolean): Repository {
  let calls = 0;
  const wrap = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name) as unknown;
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => {
          calls += 1;
          if (calls > dieAt || (calls === dieAt && !afterEffect)) return failing(name);
          const result: unknown = method.apply(target, args);
          if (calls < dieAt || name === 'list') return result;
          return Promise.resolve(result).then(() => Promise.reject(new Crash('after')));
        };
      },
    });
  return { ...repo, objects: wrap(repo.objects), table: wrap(repo.table), keys: wrap(repo.keys) };
}

function failing(name: string | symbol): unknown {
  const rejected = Promise.reject(new Crash('dead'));
  // `list` of the object store is iterated, not awaited.
  if (name === 'list') {
    return Object.assign(rejected, { [Symbol.asyncIterator]: () => ({ next: () => rejected }) });
  }
  return rejected;
}

/** Ports that let others run before and after every call, in an order that the random numbers choose. */
export function jittery(repo: Repository, random: () => number): Repository {
  const pause = async (): Promise<void> => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--)
      await new Promise((resolve) => setImmediate(resolve));
  };
  const wrap = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name) as unknown;
        if (typeof method !== 'function' || (name === 'list' && 'head' in target)) return method;
        return async (...args: unknown[]) => {
          await pause();
          const result: unknown = await method.apply(target, args);
          await pause();
          return result;
        };
      },
    });
  return { ...repo, objects: wrap(repo.objects), table: wrap(repo.table), keys: wrap(repo.keys) };
}
