import { spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLocalJWKSet, type FlattenedJWS, flattenedVerify } from 'jose';
import { expect } from 'vitest';
import { answered, send } from './curl.ts';
import type { Stage } from './stage.ts';

const program = fileURLToPath(new URL('../../bin/tenure.js', import.meta.url));

interface CertificateFile extends Required<Pick<FlattenedJWS, 'payload' | 'signature' | 'protected'>> {
  certificate: { id: string; simulation: boolean; customer: { tenant: string } };
}

/**
 * Fetches the certificate of a case in both forms and verifies it in four ways that do not rely on one another: with jose, with the
 * program openssl, with `tenure certificate verify` without any home, and by a call. Each of them refuses it once it was changed.
 * Answers the PDF's bytes.
 */
export async function provenCertificate(stage: Stage, bearer: string, caseId: string): Promise<Buffer> {
  const json = await fetched(stage, bearer, caseId, 'json');
  const pdf = await fetched(stage, bearer, caseId, 'pdf');
  const keys = await answered(stage, 200, '/v1/keys/jwks');
  const jwks = join(stage.folder, `${caseId}-keys.json`);
  writeFileSync(jwks, JSON.stringify(keys));
  const certificate = JSON.parse(readFileSync(json, 'utf8')) as CertificateFile;
  const { payload, signature, protected: header } = certificate;

  const { payload: signed } = await flattenedVerify(
    { payload, signature, protected: header },
    createLocalJWKSet(keys as never),
    { algorithms: ['ES256'] },
  );
  expect(JSON.parse(Buffer.from(signed).toString())).toEqual(certificate.certificate);

  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
  const key = (keys.keys as { kid: string }[]).find((each) => each.kid === kid);
  const pem = join(stage.folder, `${caseId}.pem`);
  writeFileSync(pem, createPublicKey({ key: key as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' }));
  expect(await opensslVerifies(stage, pem, `${header}.${payload}`, signature)).toBe(true);
  expect(await opensslVerifies(stage, pem, `${header}.${payload}x`, signature)).toBe(false);

  const changed = `${json}.changed.json`;
  writeFileSync(changed, readFileSync(json, 'utf8').replace(/"simulation": \w+/, '"simulation": null'));
  expect(readFileSync(changed).equals(readFileSync(json))).toBe(false);
  const verify = async (file: string) =>
    await ended(process.execPath, [program, 'certificate', 'verify', file, '--jwks', jwks]);
  expect(await Promise.all([json, pdf, changed].map(verify))).toEqual([0, 0, 1]);

  for (const [file, ok] of [
    [json, true],
    [pdf, true],
    [changed, false],
  ] as const) {
    expect(await answered(stage, 200, '/v1/certificates/verify', { file })).toMatchObject({ ok });
  }
  return readFileSync(pdf);
}

async function fetched(stage: Stage, bearer: string, caseId: string, format: 'json' | 'pdf'): Promise<string> {
  const { status, bytes, contentType } = await send(stage, `/v1/cases/${caseId}/certificate.${format}`, { bearer });
  expect([status, contentType]).toEqual([200, `application/${format}`]);
  const file = join(stage.folder, `${caseId}.${format}`);
  writeFileSync(file, bytes);
  return file;
}

/** `openssl dgst` over the signing input of a JWS (RFC 7515 §5.2), with the signature as DER. */
async function opensslVerifies({ folder }: Stage, pem: string, input: string, signature: string): Promise<boolean> {
  const [text, der] = [join(folder, 'signing-input'), join(folder, 'signature.der')];
  writeFileSync(text, input);
  writeFileSync(der, derOf(Buffer.from(signature, 'base64url')));
  return (await ended('openssl', ['dgst', '-sha256', '-verify', pem, '-signature', der, text])) === 0;
}

/** r‖s of ES256 (RFC 7518 §3.4) as `ECDSA-Sig-Value` (RFC 3279 §2.2.3). */
function derOf(raw: Buffer): Buffer {
  const integer = (half: Buffer): Buffer => {
    const digits = half.subarray(half.findIndex((byte) => byte !== 0));
    const positive = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
    return Buffer.concat([Buffer.of(0x02, positive.length), positive]);
  };
  const both = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  return Buffer.concat([Buffer.of(0x30, both.length), both]);
}

async function ended(command: string, args: string[]): Promise<number | null> {
  const child = spawn(command, args, { stdio: 'ignore' });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
}
