/** The life of a process as its ports see it: once it is dead, no call happens and none returns. */
export interface MortalPorts {
  wrap<Port extends object>(port: Port): Port;
  /** One call of a port that is a function. */
  call<T>(work: () => Promise<T>): Promise<T>;
  /** Holds back a result that a dead process cannot receive. */
  gate<T>(result: Promise<T>): Promise<T>;
  kill(): void;
  died: Promise<void>;
  calls(): number;
}

const never = new Promise<never>(() => undefined);

/**
 * @param dieAtCall the process dies at its n-th call of a port, counted over all ports
 * @param afterEffect whether that call still has its effect
 */
export function mortalPorts(dieAtCall: number | undefined, afterEffect: boolean, onDeath: () => void): MortalPorts {
  let calls = 0;
  let dead = false;
  let tellDeath: () => void = () => undefined;
  const died = new Promise<void>((resolve) => {
    tellDeath = resolve;
  });
  const kill = (): void => {
    if (dead) return;
    dead = true;
    onDeath();
    tellDeath();
  };
  const gate = async <T>(result: Promise<T>): Promise<T> => {
    try {
      const value = await result;
      return dead ? await never : value;
    } catch (error) {
      if (dead) return await never;
      throw error;
    }
  };
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) return await never;
    calls += 1;
    if (calls !== dieAtCall) return await gate(work());
    if (afterEffect) await work().catch(() => undefined);
    kill();
    return await never;
  };
  const iterate = async function* <T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    await call(async () => undefined);
    for await (const item of items) {
      if (dead) await never;
      yield item;
    }
  };
  const wrap = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name) as unknown;
        if (typeof method !== 'function') return method;
        // What a port answers by an iterator is not awaited; `list` is one of an object store only.
        const iterated = name === 'scan' || name === 'survivors' || (name === 'list' && 'purge' in target);
        return (...args: unknown[]) =>
          iterated
            ? iterate(method.apply(target, args) as AsyncIterable<unknown>)
            : call(async () => (await method.apply(target, args)) as unknown);
      },
    });
  return { wrap, call, gate, kill, died, calls: () => calls };
}
