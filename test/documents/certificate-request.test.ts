import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificateRequest, selfSignedCertificate } from '../../src/documents/certificate-request.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const subjectOf = (domain: string) => ({
  domain,
  jwk: publicKey.export({ format: 'jwk' }),
  sign: async (data: Buffer) => sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
});

function openssl(args: string[], input: string): string {
  const { status, stdout, stderr } = spawnSync('openssl', args, { input, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return `${stdout}${stderr}`;
}

const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;

describe.each(['dsr.keeper.example', long])('for %s', (domain) => {
  it('openssl verifies the request and reads the name, the key and its use', async () => {
    const pem = await certificateRequest(subjectOf(domain));
    const said = openssl(['req', '-verify', '-noout', '-text'], pem);
    expect(said).toContain('verify OK');
    expect(said).toContain(`DNS:${domain}`);
    expect(said).toContain('Digital Signature');
    expect(openssl(['req', '-pubkey', '-noout'], pem)).toContain(publicKey.export({ type: 'spki', format: 'pem' }));
  });

  it.each([
    ['2049-12-31T23:59:59.000Z', 'Dec 31 23:59:59 2049 GMT'],
    ['2050-01-01T00:00:00.000Z', 'Jan  1 00:00:00 2050 GMT'],
  ])('a self-signed certificate holds until %s and verifies with its own key', async (notAfter, shown) => {
    const serial = createHash('sha256').update(domain).digest().subarray(0, 16);
    const pem = await selfSignedCertificate(subjectOf(domain), {
      serial,
      notBefore: '2026-03-01T10:11:12.345Z',
      notAfter,
    });
    const read = new X509Certificate(pem);
    expect(read.verify(publicKey)).toBe(true);
    expect(read.checkHost(domain)).toBe(domain);
    expect(read.checkHost('other.example')).toBeUndefined();
    expect(read.ca).toBe(false);
    expect([read.validFrom, read.validTo]).toEqual(['Mar  1 10:11:12 2026 GMT', shown]);
    expect(read.serialNumber).toBe(
      BigInt(`0x${serial.toString('hex')}`)
        .toString(16)
        .toUpperCase()
        .padStart(32, '0'),
    );
    expect(openssl(['x509', '-noout', '-text'], pem)).toContain(`DNS:${domain}`);
  });
});
