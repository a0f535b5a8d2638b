import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKeyring, openKeyring } from '../../src/adapters/embedded/keyring-key-store.ts';
import { scratchFolder } from './scratch.ts';

const base = scratchFolder('keyring-master');
let count = 0;
const fresh = () => {
  const home = join(base, String(count++));
  fs.mkdirSync(home);
  return { home, replicas: [join(home, 'a'), join(home, 'b')], keyFile: join(home, 'master.key') };
};
const invalid = { name: 'InvalidError' };

describe('the master key', () => {
  it('comes from a passphrase, however its letters are composed', async () => {
    const { replicas } = fresh();
    const keys = await createKeyring({ replicas, master: { passphrase: 'contraseña de Ángela' } });
    const key = await keys.make('tenant/acme');
    const decomposed = 'contraseña de Ángela'.normalize('NFD');
    expect(await (await openKeyring({ replicas, master: { passphrase: decomposed } })).open('tenant/acme')).toEqual(
      key,
    );
    for (const passphrase of ['contraseña de Ángel', 'Contraseña de Ángela', '']) {
      await expect(openKeyring({ replicas, master: { passphrase } })).rejects.toMatchObject(invalid);
    }
  });

  it('costs N=2^17, r=8, p=1 of scrypt, written down with a salt of its own', async () => {
    const salts = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const { replicas } = fresh();
      await createKeyring({ replicas, master: { passphrase: 'x' } });
      const { derivation } = JSON.parse(fs.readFileSync(join(replicas[0]!, 'keyring.json'), 'utf8'));
      expect(derivation).toMatchObject({ name: 'scrypt', N: 131_072, r: 8, p: 1 });
      expect(Buffer.from(derivation.salt, 'base64url')).toHaveLength(16);
      salts.add(derivation.salt);
    }
    expect(salts.size).toBe(2);
  });

  it('comes from a key file, which is made private and never replaced', async () => {
    const { replicas, keyFile, home } = fresh();
    await createKeyring({ replicas, master: { keyFile } });
    const bytes = fs.readFileSync(keyFile);
    expect(Buffer.from(bytes.toString().trim(), 'base64url')).toHaveLength(32);
    expect(fs.statSync(keyFile).mode & 0o777).toBe(0o600);
    await createKeyring({ replicas: [join(home, 'c')], master: { keyFile } });
    expect(fs.readFileSync(keyFile)).toEqual(bytes);
    expect(fs.readdirSync(home).sort()).toEqual(['a', 'b', 'c', 'master.key']);
  });

  it('is refused when it is another, when others may read it, when it is no key, or when it is missing', async () => {
    const { replicas, keyFile, home } = fresh();
    await createKeyring({ replicas, master: { keyFile } });
    const master = { keyFile };
    await createKeyring({ replicas: [join(home, 'c')], master: { keyFile: join(home, 'other.key') } });
    await expect(openKeyring({ replicas, master: { keyFile: join(home, 'other.key') } })).rejects.toMatchObject(
      invalid,
    );
    await expect(openKeyring({ replicas, master: { passphrase: 'x' } })).rejects.toMatchObject(invalid);
    fs.chmodSync(keyFile, 0o640);
    await expect(openKeyring({ replicas, master })).rejects.toMatchObject(invalid);
    fs.chmodSync(keyFile, 0o600);
    await openKeyring({ replicas, master });
    fs.writeFileSync(keyFile, 'short\n');
    await expect(openKeyring({ replicas, master })).rejects.toMatchObject({ name: 'CorruptError' });
    fs.rmSync(keyFile);
    await expect(openKeyring({ replicas, master })).rejects.toMatchObject({ name: 'NotFoundError' });
  });

  it('alone opens nothing without the replicas, and the replicas nothing without it', async () => {
    const { replicas, keyFile } = fresh();
    const keys = await createKeyring({ replicas, master: { keyFile } });
    await keys.make('tenant/acme');
    await keys.destroy(['tenant/acme']);
    const again = await openKeyring({ replicas, master: { keyFile } });
    await expect(again.open('tenant/acme')).rejects.toMatchObject({ name: 'NotFoundError' });
  });
});
