import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstDay, simulatedHome, TestHome, tenure } from './tenure.ts';

describe('init', () => {
  it('makes a home that only its owner can read', async () => {
    const home = new TestHome();
    const made = await home.json(0, 'init', '--company', 'Acme Hosting', '--operator-email', 'ops@acme.example');
    expect(made).toMatchObject({
      company: 'Acme Hosting',
      plans: ['standard', 'unattended'],
      simulated: false,
      signingKey: expect.any(String),
    });
    for (const name of ['.', 'plans', 'repository', 'evidence', 'keys/a', 'keys/b', 'outbox', 'scratch']) {
      expect([name, statSync(join(home.dir, name)).mode & 0o777]).toEqual([name, 0o700]);
    }
    for (const name of ['tenure.yml', 'catalog.db', 'keys/master.key', 'plans/standard.yml']) {
      expect([name, statSync(join(home.dir, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  it('refuses a home that exists, and any folder that holds something', async () => {
    const home = new TestHome();
    await home.ends(0, 'init');
    await home.ends(4, 'init');
    const other = home.folder('other');
    writeFileSync(join(other, 'notes.txt'), 'mine');
    expect(await tenure(['--home', other, 'init'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('notes.txt'),
    });
    expect(readdirSync(other)).toEqual(['notes.txt']);
  });

  it('takes an empty folder, and leaves nothing behind when it fails', async () => {
    const home = new TestHome();
    mkdirSync(home.dir);
    await home.ends(2, 'init', '--passphrase-file', join(home.beside, 'none'));
    await home.ends(2, 'init', '--now', 'yesterday');
    expect(readdirSync(home.dir)).toEqual([]);
    await home.ends(0, 'init');
  });

  it('draws the master key from a passphrase, which every use of keys then needs', async () => {
    const home = new TestHome();
    const file = join(home.beside, 'passphrase');
    writeFileSync(file, 'correct horse battery staple\n');
    expect(await home.json(0, 'init', '--passphrase-file', file)).toMatchObject({ master: 'passphrase' });
    expect(existsSync(join(home.dir, 'keys/master.key'))).toBe(false);
    const add = ['tenant', 'add', 'acme', '--name', 'Acme', '--email', 'a@b.example'];
    expect(await home.ends(2, ...add)).toMatchObject({ stderr: expect.stringContaining('TENURE_PASSPHRASE') });
    const withEnv = (passphrase: string) =>
      tenure(['--home', home.dir, ...add], { env: { TENURE_PASSPHRASE: passphrase } });
    expect((await withEnv('wrong')).code).toBe(2);
    expect((await withEnv('correct horse battery staple')).code).toBe(0);
  });
});

describe('tenure.yml', () => {
  it('is refused with line and field when it is wrong', async () => {
    const home = new TestHome();
    await home.ends(0, 'init');
    writeFileSync(
      join(home.dir, 'tenure.yml'),
      'company: Acme\noperator: { name: Ops, email: nowhere }\ncolour: red\n',
    );
    const { stderr } = await home.ends(2, 'tenant', 'list');
    expect(stderr).toContain('tenure.yml:2: operator.email: "nowhere" is not an e-mail address');
    expect(stderr).toContain('tenure.yml:3: colour: unknown field');
  });

  it('names a catalog that must be there: an empty one would orphan every copy', async () => {
    const home = new TestHome();
    await home.ends(0, 'init');
    for (const name of readdirSync(home.dir)) if (name.startsWith('catalog.db')) rmSync(join(home.dir, name));
    expect(await home.ends(6, 'status')).toMatchObject({ stderr: expect.stringContaining('recover') });
    expect(existsSync(join(home.dir, 'catalog.db'))).toBe(false);
  });
});

describe('the clock', () => {
  it('of a real home refuses --now', async () => {
    const home = new TestHome();
    await home.ends(0, 'init');
    for (const args of [
      ['run', 'expiry'],
      ['tenant', 'list'],
    ]) {
      expect(await home.ends(5, ...args, '--now', '2030-01-01T00:00:00Z')).toMatchObject({
        stderr: expect.stringContaining('real time'),
      });
    }
  });

  it('of a simulated home stands where it was last, and only goes on', async () => {
    const home = await simulatedHome();
    const later = '2026-12-24T18:00:00.000Z';
    await home.ends(0, 'run', 'notice', '--now', later);
    expect(await home.json(0, 'status')).toMatchObject({ now: later, simulated: true });
    expect(await home.ends(5, 'run', 'notice', '--now', firstDay)).toMatchObject({
      stderr: expect.stringContaining(later),
    });
    await home.ends(0, 'run', 'notice');
  });

  it('lets one look from any time without moving it', async () => {
    const home = await simulatedHome();
    const later = '2027-03-01T00:00:00.000Z';
    expect(await home.json(0, 'status', '--now', later)).toMatchObject({ now: later });
    expect(await home.json(0, 'status')).toMatchObject({ now: firstDay });
  });

  it('takes instants only', async () => {
    const home = await simulatedHome();
    await home.ends(2, 'tenant', 'list', '--now', '2026-12-24');
  });
});
