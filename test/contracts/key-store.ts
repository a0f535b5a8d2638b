import { createHash, createPublicKey, verify } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KeyStore } from '../../src/ports/key-store.ts';

/**
 * What every `KeyStore` must do. `open` gives an empty key store each time.
 *
 * @param options.skip titles of cases that what stands behind an adapter cannot pass, each with the reason
 */
export function describeKeyStore(
  name: string,
  open: () => Promise<KeyStore>,
  { skip = {} }: { skip?: Record<string, string> } = {},
): void {
  const test = (title: string, run: () => Promise<void>) => {
    const reason = skip[title];
    if (reason === undefined) it(title, run);
    else it.skip(`${title} (${reason})`, run);
  };

  describe(`${name} keeps the contract of KeyStore`, () => {
    let keys: KeyStore;
    beforeEach(async () => {
      keys = await open();
      await keys.make('tenant/acme');
    });
    const absent = { name: 'NotFoundError' };
    const conflict = { name: 'ConflictError' };

    it.each([
      'tenant/other',
      'source/acme/files',
      'root/acme/files/0123abcd-1',
      'work/acme/files/w1',
      'evidence/acme',
      'home/marks',
    ])('makes %s of 32 random bytes and opens it again', async (ref) => {
      const made = await keys.make(ref);
      expect(made).toHaveLength(32);
      expect(made.equals(Buffer.alloc(32))).toBe(false);
      expect(await keys.open(ref)).toEqual(made);
      made.fill(0);
      expect((await keys.open(ref)).equals(made)).toBe(false);
    });

    test('draws every key anew', async () => {
      const refs = Array.from({ length: 20 }, (_, i) => `root/acme/files/${i}`);
      const drawn = new Set<string>();
      for (const ref of refs) drawn.add((await keys.make(ref)).toString('hex'));
      for (const ref of refs) drawn.add((await keys.open(ref)).toString('hex'));
      expect(drawn.size).toBe(20);
    });

    test('answers absence as the port says', async () => {
      await expect(keys.open('tenant/none')).rejects.toMatchObject(absent);
      await expect(keys.open('root/acme/files/none')).rejects.toMatchObject(absent);
      await expect(keys.rotate('none')).rejects.toMatchObject(absent);
      expect(await keys.list('root/none/')).toEqual([]);
      const receipts = await keys.destroy(['root/acme/files/none', 'tenant/none']);
      expect([...receipts.values()].flat().every(({ acknowledged }) => acknowledged)).toBe(true);
    });

    test('makes no key twice, and one of many at the same moment', async () => {
      const first = await keys.make('source/acme/files');
      await expect(keys.make('source/acme/files')).rejects.toMatchObject(conflict);
      expect(await keys.open('source/acme/files')).toEqual(first);
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => keys.make('root/acme/files/x')));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    test('makes nothing below a tenant key that is not there', async () => {
      for (const ref of ['source/none/files', 'root/none/files/1', 'work/none/files/1']) {
        await expect(keys.make(ref)).rejects.toMatchObject(absent);
      }
      expect(await keys.list('')).toEqual(['tenant/acme']);
    });

    test('destroys, with a receipt of every replica, as often as one likes', async () => {
      await keys.make('root/acme/files/1');
      const kept = await keys.make('root/acme/files/2');
      const replicas = (await keys.replicas()).map((replica) => replica.name);
      expect(replicas.length).toBeGreaterThan(0);
      for (let round = 0; round < 3; round++) {
        const receipts = await keys.destroy(['root/acme/files/1']);
        expect([...receipts.keys()]).toEqual(['root/acme/files/1']);
        expect(receipts.get('root/acme/files/1')).toEqual(replicas.map((replica) => ({ replica, acknowledged: true })));
        await expect(keys.open('root/acme/files/1')).rejects.toMatchObject(absent);
      }
      expect(await keys.open('root/acme/files/2')).toEqual(kept);
      expect(await keys.list('root/')).toEqual(['root/acme/files/2']);
      expect(await keys.destroy([])).toEqual(new Map());
    });

    it.each(['tenant/gone', 'root/acme/files/1', 'work/acme/files/1', 'evidence/acme', 'home/marks'])(
      'never makes %s again once it was destroyed',
      async (ref) => {
        await keys.make(ref);
        await keys.destroy([ref]);
        await expect(keys.make(ref)).rejects.toMatchObject(conflict);
        await expect(keys.open(ref)).rejects.toMatchObject(absent);
      },
    );

    test('never makes a root key that was destroyed before it was made: a run that was given up stays so', async () => {
      await keys.destroy(['root/acme/files/late']);
      await expect(keys.make('root/acme/files/late')).rejects.toMatchObject(conflict);
    });

    test('makes the key of a source anew, with other bytes, when the source comes back', async () => {
      const drawn = new Set<string>();
      for (let round = 0; round < 4; round++) {
        drawn.add((await keys.make('source/acme/files')).toString('hex'));
        await keys.destroy(['source/acme/files']);
        await keys.destroy(['source/acme/files']);
        await expect(keys.open('source/acme/files')).rejects.toMatchObject(absent);
      }
      expect(drawn.size).toBe(4);
    });

    test('opens nothing below a destroyed tenant key, and keeps the evidence key', async () => {
      const evidence = await keys.make('evidence/acme');
      const below = ['source/acme/files', 'root/acme/files/1', 'work/acme/files/1'];
      for (const ref of below) await keys.make(ref);
      await keys.destroy(['tenant/acme']);
      for (const ref of below) await expect(keys.open(ref)).rejects.toMatchObject(absent);
      await expect(keys.make('root/acme/files/2')).rejects.toMatchObject(absent);
      expect(await keys.open('evidence/acme')).toEqual(evidence);
      // What is still held is listed, so that a sweep finds it.
      expect(await keys.list('')).toEqual(['evidence/acme', ...below].sort());
      await keys.destroy(await keys.list('root/acme/'));
      expect(await keys.list('root/')).toEqual([]);
    });

    test('lists in byte order by any prefix', async () => {
      await keys.make('tenant/acme-2');
      const refs = [
        'root/acme/a/1',
        'root/acme/a-b/1',
        'root/acme/a.b/1',
        'root/acme/a/10',
        'root/acme/b/1',
        'root/acme-2/a/1',
      ];
      for (const ref of refs) await keys.make(ref);
      const sorted = [...refs].sort();
      expect(await keys.list('root/')).toEqual(sorted);
      for (const prefix of ['root/acme/', 'root/acme', 'root/acme/a', 'root/acme/a/', 'root/acme/a/1', 'ro', 'x']) {
        expect(await keys.list(prefix), prefix).toEqual(sorted.filter((ref) => ref.startsWith(prefix)));
      }
    });

    test('rotates a tenant key and leaves the keys below as they are', async () => {
      const before = await keys.open('tenant/acme');
      const made = new Map<string, Buffer>();
      for (const ref of ['source/acme/files', 'root/acme/files/1', 'root/acme/files/2'])
        made.set(ref, await keys.make(ref));
      for (let round = 0; round < 3; round++) {
        await keys.rotate('acme');
        for (const [ref, key] of made) expect(await keys.open(ref)).toEqual(key);
      }
      expect((await keys.open('tenant/acme')).equals(before)).toBe(false);
      await keys.make('root/acme/files/3');
      await keys.destroy(['tenant/acme']);
      await expect(keys.open('root/acme/files/1')).rejects.toMatchObject(absent);
    });

    test('tells its replicas and how many keys they hold', async () => {
      await keys.make('source/acme/files');
      for (const replica of await keys.replicas()) expect(replica).toMatchObject({ keys: 2, writable: true });
    });

    test('knows no way in which a destroyed key could come back', async () => {
      await keys.destroy(['tenant/acme']);
      expect(await keys.recoveries()).toEqual([]);
    });

    test('signs with ES256, so that the public key alone verifies', async () => {
      const data = Buffer.from('the certificate');
      const { kid, signature } = await keys.sign(data);
      const [jwk] = await keys.publicKeys();
      expect(jwk).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid });
      expect(signature).toHaveLength(64);
      const key = createPublicKey({ key: { ...jwk! }, format: 'jwk' });
      expect(verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
      expect(verify('sha256', Buffer.from('another'), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(false);
      // RFC 7638 §3: the required members in lexical order, nothing else.
      const thumbprint = `{"crv":"P-256","kty":"EC","x":"${jwk!.x}","y":"${jwk!.y}"}`;
      expect(kid).toBe(createHash('sha256').update(thumbprint).digest('base64url'));
      expect(JSON.stringify(await keys.publicKeys())).not.toContain('"d"');
    });

    it.each([
      '',
      'tenant',
      'tenant/',
      'tenant/a/b',
      'root/a/b',
      'source/a',
      'other/a',
      'tenant/..',
      'root/../x/y',
      'tenant/ä',
      'tenant/a b',
      '/tenant/a',
      'tenant/a\n',
    ])('refuses the ref %j', async (ref) => {
      const invalid = { name: 'InvalidError' };
      await expect(keys.make(ref)).rejects.toMatchObject(invalid);
      await expect(keys.open(ref)).rejects.toMatchObject(invalid);
      await expect(keys.destroy([ref])).rejects.toMatchObject(invalid);
    });
  });
}
