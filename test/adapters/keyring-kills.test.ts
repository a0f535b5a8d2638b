import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createKeyring, type Keyring, openKeyring } from '../../src/adapters/embedded/keyring-key-store.ts';
import { killedAt } from './kill-points.ts';
import { scratchFolder } from './scratch.ts';

const base = scratchFolder('keyring-kills');
const seed = join(base, 'seed');
const refs = ['source/acme/files', 'root/acme/files/1', 'root/acme/files/2', 'work/acme/files/1'];
const made = new Map<string, Buffer>();
let original: Buffer;
let count = 0;

const optionsIn = (home: string) => ({
  replicas: [join(home, 'a'), join(home, 'b')],
  master: { keyFile: join(home, 'master.key') },
});

/** A copy of the same keyring for every kill point. */
async function fresh(): Promise<{ home: string; keys: Keyring }> {
  const home = join(base, String(count++));
  cpSync(seed, home, { recursive: true });
  return { home, keys: await openKeyring(optionsIn(home)) };
}

/** Every file below the replicas as text, `keyring.json` apart. */
function filesIn(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name !== 'lock') found.set(path, readFileSync(path, 'latin1'));
  }
  return found;
}

/** Kills the work at every change that it makes, one after the other, and looks at what is left each time. */
async function atEveryKill(
  work: (keys: Keyring) => unknown,
  look: (home: string, reopened: Keyring, n: number) => Promise<void>,
): Promise<number> {
  for (let n = 1; ; n++) {
    const { home, keys } = await fresh();
    const killed = await killedAt(n, () => work(keys));
    await look(home, await openKeyring(optionsIn(home)), n);
    rmSync(home, { recursive: true });
    if (!killed) return n - 1;
  }
}

beforeAll(async () => {
  const keys = await createKeyring(optionsIn(seed));
  original = await keys.make('tenant/acme');
  for (const ref of refs) made.set(ref, await keys.make(ref));
});

it('a keyring of one replica, killed while rotating: every key opens, though nothing could mend it', async () => {
  for (let n = 1; ; n++) {
    const { home } = await fresh();
    const one = { ...optionsIn(home), replicas: [join(home, 'a')] };
    const killed = await killedAt(n, async () => (await openKeyring(one)).rotate('acme'));
    const keys = await openKeyring(one);
    for (const [ref, key] of made) expect(await keys.open(ref), `${ref} at ${n}`).toEqual(key);
    await keys.rotate('acme');
    for (const [ref, key] of made) expect(await keys.open(ref), `${ref} after ${n}`).toEqual(key);
    rmSync(home, { recursive: true });
    if (!killed) break;
  }
});

describe('a keyring that is killed at any moment', () => {
  it('while making: the key is there and opens everywhere, or can be destroyed; nothing else changes', async () => {
    const ref = 'root/acme/late/3';
    const kills = await atEveryKill(
      (keys) => keys.make(ref),
      async (home, keys) => {
        for (const [other, key] of made) expect(await keys.open(other)).toEqual(key);
        const listed = await keys.list('root/acme/late/');
        if (listed.length === 0) await keys.make(ref);
        const key = await keys.open(ref);
        for (const one of ['a', 'b']) {
          const alone = await openKeyring({ ...optionsIn(home), replicas: [join(home, one)] });
          expect(await alone.open(ref)).toEqual(key);
        }
        await keys.destroy([ref]);
        for (const [path, text] of filesIn(home)) expect(text, path).not.toContain(ref);
      },
    );
    expect(kills).toBeGreaterThan(10);
  });

  it('while destroying: no replica ever hands the key out again once one has begun, and a repetition finishes', async () => {
    const [, ref = ''] = refs;
    let stillOpen = 0;
    const kills = await atEveryKill(
      (keys) => keys.destroy([ref]),
      async (home, keys, n) => {
        const before = await keys.open(ref).then(
          (key) => key.equals(made.get(ref)!),
          (error) => error.name,
        );
        // Before the first durable record the key is as it was, afterwards it is gone for good.
        expect([true, 'NotFoundError'], String(n)).toContain(before);
        if (before === true) stillOpen = n;
        else expect(n).toBeGreaterThan(stillOpen);
        if (before === 'NotFoundError') {
          const again = await keys.open(ref).catch((error) => error.name);
          expect(again).toBe('NotFoundError');
        }
        const receipts = (await keys.destroy([ref])).get(ref)!;
        expect(receipts.every(({ acknowledged }) => acknowledged)).toBe(true);
        for (const one of ['a', 'b']) {
          const alone = await openKeyring({ ...optionsIn(home), replicas: [join(home, one)] });
          await expect(alone.open(ref)).rejects.toMatchObject({ name: 'NotFoundError' });
          await expect(keys.make(ref)).rejects.toMatchObject({ name: 'ConflictError' });
          expect(await alone.list(ref)).toEqual([]);
        }
        for (const [path, text] of filesIn(home)) expect(text, path).not.toContain(ref);
        for (const [other, key] of made) if (other !== ref) expect(await keys.open(other)).toEqual(key);
      },
    );
    expect(kills).toBeGreaterThan(10);
  });

  it('while destroying a tenant and all below it: what is gone stays gone, the rest goes with the repetition', async () => {
    const all = ['tenant/acme', ...refs];
    await atEveryKill(
      (keys) => keys.destroy(all),
      async (home, keys) => {
        await keys.destroy(all);
        expect(await keys.list('')).toEqual([]);
        for (const ref of all) await expect(keys.open(ref)).rejects.toMatchObject({ name: 'NotFoundError' });
        for (const folder of ['a/keys', 'a/tmp', 'b/keys', 'b/tmp'])
          expect(readdirSync(join(home, folder))).toEqual([]);
      },
    );
  });

  it('while rotating: every key opens at every moment, and the next rotation ends it without a trace of the key before', async () => {
    const old = readFileSync(join(seed, 'a', 'keys', 'tenant', 'acme'), 'utf8');
    const oldSealed = JSON.parse(old).sealed as string;
    const kills = await atEveryKill(
      (keys) => keys.rotate('acme'),
      async (home, keys) => {
        for (const one of ['a', 'b']) {
          const alone = await openKeyring({ ...optionsIn(home), replicas: [join(home, one)] });
          for (const [ref, key] of made) expect(await alone.open(ref)).toEqual(key);
        }
        for (const [ref, key] of made) expect(await keys.open(ref)).toEqual(key);
        await keys.rotate('acme');
        for (const [ref, key] of made) expect(await keys.open(ref)).toEqual(key);
        expect((await keys.open('tenant/acme')).equals(original)).toBe(false);
        for (const [path, text] of filesIn(home)) expect(text, path).not.toContain(oldSealed);
        for (const one of ['a', 'b']) {
          expect(readdirSync(join(home, one, 'tmp'))).toEqual([]);
          expect(readFileSync(join(home, one, 'keys', 'tenant', 'acme'), 'utf8')).not.toContain('previous');
        }
      },
    );
    expect(kills).toBeGreaterThan(50);
  });

  it('while renewing the signing key: what was signed verifies, and signing goes on', async () => {
    const [before] = await (await fresh()).keys.publicKeys();
    await atEveryKill(
      (keys) => keys.renewSigningKey(),
      async (_home, keys) => {
        const kids = (await keys.publicKeys()).map(({ kid }) => kid);
        expect(kids).toContain(before!.kid);
        expect((await keys.sign(Buffer.from('x'))).kid).toBe(kids[0]);
        expect((await keys.renewSigningKey()).kid).not.toBe(before!.kid);
      },
    );
  });

  it('while being created: creating again ends it, with one key file and one identity', async () => {
    for (let n = 1; ; n++) {
      const home = mkdtempSync(join(base, 'create-'));
      const killed = await killedAt(n, () => createKeyring(optionsIn(home)));
      const keys = await createKeyring(optionsIn(home)).catch((error) => {
        if (error.name !== 'ConflictError') throw error;
        return openKeyring(optionsIn(home));
      });
      await keys.make('tenant/acme');
      expect(await keys.publicKeys()).toHaveLength(1);
      const identities = ['a', 'b'].map((one) => readFileSync(join(home, one, 'keyring.json'), 'utf8'));
      expect(identities[0]).toBe(identities[1]);
      for (const [path] of filesIn(home)) expect(statSync(path).mode & 0o077, path).toBe(0);
      if (!killed) break;
    }
  });
});
