import { describe, expect, it } from 'vitest';
import type { KeyStore } from '../../src/ports/key-store.ts';
import { keyWorld, killedAtRequest } from './kms-key-world.ts';

const refs = ['source/acme/files', 'root/acme/files/1', 'root/acme/files/2', 'work/acme/files/1'];
type World = ReturnType<typeof keyWorld>;

async function filled(replicate: boolean): Promise<{ world: World; made: Map<string, Buffer>; tenant: Buffer }> {
  const world = keyWorld({ replicate });
  const keys = world.process();
  const tenant = await keys.make('tenant/acme');
  const made = new Map<string, Buffer>();
  for (const ref of refs) made.set(ref, await keys.make(ref));
  world.deliver();
  return { world, made, tenant };
}

/** Kills the work at each of its requests, before and after the service did it, and looks at what is left each time. */
async function atEveryKill(
  replicate: boolean,
  work: (keys: KeyStore) => Promise<unknown>,
  look: (found: Awaited<ReturnType<typeof filled>>, at: string) => Promise<void>,
): Promise<number> {
  let kills = 0;
  for (const lost of [false, true]) {
    for (let n = 1; ; n++) {
      const found = await filled(replicate);
      const killed = await killedAtRequest(found.world, n, lost, work);
      if (replicate) await look(found, `${n}${lost ? ' lost' : ''}`);
      found.world.deliver();
      await look(found, `${n}${lost ? ' lost' : ''}, replicated`);
      if (!killed) break;
      kills++;
    }
  }
  return kills;
}

const nameOf = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => 'done',
    (error) => error.name,
  );

describe.each([
  ['two tables', false],
  ['a global table', true],
])('keys in %s, in a process that is killed at any request', (_name, replicate) => {
  it('while making: the key opens in both Regions, or is not there; it can be destroyed, and nothing else changes', async () => {
    const ref = 'root/acme/late/3';
    const kills = await atEveryKill(
      replicate,
      (keys) => keys.make(ref),
      async ({ world, made }, at) => {
        const keys = world.process();
        for (const [other, key] of made) expect(await keys.open(other), at).toEqual(key);
        if ((await keys.list('root/acme/late/')).length === 0) return;
        const key = await keys.open(ref);
        for (const one of [0, 1] as const) expect(await world.alone(one).open(ref), at).toEqual(key);
      },
    );
    expect(kills).toBeGreaterThan(6);
  });

  it('while making: what is left is destroyed for good', async () => {
    const ref = 'root/acme/late/3';
    await atEveryKill(
      replicate,
      (keys) => keys.make(ref),
      async ({ world }, at) => {
        const receipts = (await world.process().destroy([ref])).get(ref);
        expect(
          receipts?.map(({ acknowledged }) => acknowledged),
          at,
        ).toEqual([true, true]);
        expect(world.held(ref), at).toBe(0);
        expect(await nameOf(world.process().open(ref))).toBe('NotFoundError');
        expect(await nameOf(world.process().make(ref))).toBe('ConflictError');
      },
    );
  });

  it('while destroying: from the first record on nobody opens the key, and a repetition finishes', async () => {
    const ref = 'root/acme/files/1';
    const kills = await atEveryKill(
      replicate,
      (keys) => keys.destroy([ref]),
      async ({ world, made }, at) => {
        const recorded = world.first.items().some(({ upTo }) => upTo);
        const opened = await nameOf(world.process().open(ref));
        expect(opened, at).toBe(recorded ? 'NotFoundError' : 'done');
        for (const [other, key] of made) if (other !== ref) expect(await world.process().open(other)).toEqual(key);
        if (!at.endsWith('replicated')) return;
        const receipts = (await world.process().destroy([ref])).get(ref);
        expect(
          receipts?.map(({ acknowledged }) => acknowledged),
          at,
        ).toEqual([true, true]);
        world.deliver();
        expect(world.held(ref), at).toBe(0);
        for (const one of [0, 1] as const) expect(await nameOf(world.alone(one).open(ref)), at).toBe('NotFoundError');
      },
    );
    expect(kills).toBeGreaterThan(8);
  });

  it('while destroying a tenant and all below it: what is gone stays gone, the rest goes with the repetition', async () => {
    const all = ['tenant/acme', ...refs];
    await atEveryKill(
      replicate,
      (keys) => keys.destroy(all),
      async ({ world }, at) => {
        await world.process().destroy(all);
        world.deliver();
        expect(await world.process().list(''), at).toEqual([]);
        for (const ref of all) expect(world.held(ref), `${ref} ${at}`).toBe(0);
        for (const ref of all) expect(await nameOf(world.process().open(ref)), at).toBe('NotFoundError');
      },
    );
  });

  it('while rotating: every key opens at every moment, in each Region, and the next rotation drops the key before', async () => {
    const kills = await atEveryKill(
      replicate,
      (keys) => keys.rotate('acme'),
      async ({ world, made, tenant }, at) => {
        for (const keys of [world.alone(0), world.alone(1), world.process()])
          for (const [ref, key] of made) expect(await keys.open(ref), `${ref} ${at}`).toEqual(key);
        if (!at.endsWith('replicated')) return;
        await world.process().rotate('acme');
        world.deliver();
        for (const keys of [world.alone(0), world.alone(1)])
          for (const [ref, key] of made) expect(await keys.open(ref), `${ref} ${at}`).toEqual(key);
        expect((await world.process().open('tenant/acme')).equals(tenant)).toBe(false);
        for (const table of [world.first, world.second])
          expect(table.items().filter(({ previousSealed }) => previousSealed)).toEqual([]);
      },
    );
    expect(kills).toBeGreaterThan(40);
  });
});
