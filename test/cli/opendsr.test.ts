import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestHome } from './tenure.ts';

const domain = 'dsr.keeper.example';

/** A certificate authority of openssl's. */
function authority(dir: string) {
  const openssl = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    return stdout + stderr;
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key'];
  openssl('req', '-x509', ...key, '-subj', '/O=Trust/CN=Trust Root', '-days', '3650', '-out', 'ca.pem');
  return {
    openssl,
    sign: (csr: string, to: string): string => {
      const copied = ['-copy_extensions', 'copy', '-days', '365'];
      openssl(
        'x509',
        '-req',
        '-in',
        csr,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        ...copied,
        '-out',
        to,
      );
      return join(dir, to);
    },
  };
}

it('the key is certified by an authority: request, certificate with its chain, and what is wrong is refused', async () => {
  const home = new TestHome();
  await home.ends(0, 'init');
  expect((await home.ends(1, 'opendsr', 'show')).stdout).toContain('OpenDSR is not set up');
  expect((await home.ends(2, 'opendsr', 'csr')).stderr).toContain('--domain');
  const { openssl, sign } = authority(home.beside);
  const { stdout } = await home.ends(0, 'opendsr', 'csr', '--domain', domain);
  writeFileSync(join(home.beside, 'own.csr'), stdout);
  const said = openssl('req', '-in', 'own.csr', '-verify', '-noout', '-text');
  for (const words of ['verify OK', `DNS:${domain}`]) expect(said).toContain(words);
  const leaf = sign('own.csr', 'own.pem');
  expect(openssl('verify', '-CAfile', 'ca.pem', 'own.pem')).toContain('own.pem: OK');
  const chain = join(home.beside, 'chain.pem');
  writeFileSync(chain, readFileSync(leaf, 'utf8') + readFileSync(join(home.beside, 'ca.pem'), 'utf8'));

  const refused = async (why: string, ...args: string[]) =>
    expect((await home.ends(2, 'opendsr', 'certificate', ...args)).stderr).toContain(why);
  await refused('either a file or --self-signed', '--domain', domain);
  await refused('does not name other.example', leaf, '--domain', 'other.example');
  const mixed = join(home.beside, 'mixed.pem');
  writeFileSync(mixed, readFileSync(leaf, 'utf8').repeat(2));
  await refused('is not signed by the one after it', mixed, '--domain', domain);

  const set = await home.ends(0, 'opendsr', 'certificate', chain, '--domain', domain);
  for (const words of [`Certificate of ${domain}`, 'O=Trust, CN=Trust Root']) expect(set.stdout).toContain(words);
  expect(set.stdout).not.toContain('self-signed');
  const shown = await home.json<{ pem: string; fault: null }>(0, 'opendsr', 'show');
  expect(shown).toMatchObject({ domain, selfSigned: false, fault: null });
  expect(shown.pem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
});

it('a certificate for trials says that it is for nothing else', async () => {
  const home = new TestHome();
  await home.ends(0, 'init');
  const { stdout } = await home.ends(0, 'opendsr', 'certificate', '--self-signed', '--domain', domain);
  expect(stdout).toContain('forbids it for real use');
  const { checks } = await home.json<{ checks: { check: string; status: string; message: string }[] }>(0, 'doctor');
  expect(checks).toContainEqual(
    expect.objectContaining({
      check: 'certificate of OpenDSR',
      status: 'warning',
      message: expect.stringContaining('self-signed'),
    }),
  );
});
