import { describe, expect, it } from 'vitest';
import { AdaptiveConcurrency } from '../../src/adapters/aws/adaptive-concurrency.ts';

const slowDown = () => Object.assign(new Error('Please reduce your request rate.'), { name: 'SlowDown' });

/** Requests whose ends a test decides. */
function requests(concurrency: AdaptiveConcurrency) {
  const open: { succeed: () => void; fail: (error: Error) => void }[] = [];
  const ask = (): Promise<string> =>
    concurrency.run(
      () =>
        new Promise<string>((resolve, reject) => open.push({ succeed: () => resolve('done'), fail: (e) => reject(e) })),
    );
  return { open, ask };
}

const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

describe('adaptive concurrency', () => {
  it('begins no more than its limit, and the next as one ends', async () => {
    const { open, ask } = requests(new AdaptiveConcurrency({ first: 2, most: 2 }));
    const all = [ask(), ask(), ask()];
    await settled();
    expect(open).toHaveLength(2);
    open[0]!.succeed();
    await settled();
    expect(open).toHaveLength(3);
    for (const each of open) each.succeed();
    expect(await Promise.all(all)).toEqual(['done', 'done', 'done']);
  });

  it('grows with each success up to 64', async () => {
    const concurrency = new AdaptiveConcurrency();
    for (let n = 0; n < 100; n++) await concurrency.run(async () => undefined);
    expect(concurrency.limit).toBe(64);
  });

  it('halves once for complaints about requests that were under way together, then grows one a round', async () => {
    const concurrency = new AdaptiveConcurrency({ first: 32 });
    const { open, ask } = requests(concurrency);
    const all = Array.from({ length: 32 }, async () => await ask().catch((error: Error) => error.name));
    await settled();
    for (const each of open) each.fail(slowDown());
    expect(new Set(await Promise.all(all))).toEqual(new Set(['SlowDown']));
    expect(concurrency.limit).toBe(16);
    for (let n = 0; n < 17; n++) await concurrency.run(async () => undefined);
    expect(concurrency.limit).toBe(17);
  });

  it('never falls below one, and takes other faults for none of its own', async () => {
    const concurrency = new AdaptiveConcurrency({ first: 4 });
    const fail = async (error: Error): Promise<void> =>
      await concurrency.run(async () => await Promise.reject(error)).catch(() => undefined);
    await fail(new Error('denied'));
    expect(concurrency.limit).toBe(4);
    for (let n = 0; n < 10; n++) await fail(Object.assign(new Error('busy'), { $metadata: { httpStatusCode: 503 } }));
    expect(concurrency.limit).toBe(1);
  });
});
