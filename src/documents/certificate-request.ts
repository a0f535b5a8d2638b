import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { der, derBits, derInteger, derOctets, derOid, derSequence, derSet, derTime, derTrue } from '../domain/der.ts';
import { ecdsaToDer } from '../domain/ecdsa-der.ts';

/** Whose key is to be certified, and how it signs. */
export interface CertificateSubject {
  /** DNS name, lower-case; the only name in it. */
  domain: string;
  /** The public key, P-256. */
  jwk: JsonWebKey;
  /** ES256 over the bytes: r‖s. The private key stays where it is. */
  sign(data: Buffer): Promise<Buffer>;
}

const ids = {
  commonName: '2.5.4.3',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extensionRequest: '1.2.840.113549.1.9.14',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
};

/** Longest common name (RFC 5280, `ub-common-name`); a longer domain stands in the extension alone. */
const longestName = 64;

/** A certificate request (PKCS #10, RFC 2986) for a certificate authority, as PEM. */
export async function certificateRequest(subject: CertificateSubject): Promise<string> {
  const wanted = derSequence(...extensionsOf(subject.domain));
  const attributes = der(0xa0, derSequence(derOid(ids.extensionRequest), derSet(wanted)));
  const info = derSequence(derInteger(Buffer.from([0])), nameOf(subject.domain), spkiOf(subject), attributes);
  return pem('CERTIFICATE REQUEST', await signed(info, subject));
}

/**
 * A certificate (RFC 5280) that the key signs for itself, as PEM: for trials, since nobody vouches for it.
 *
 * @param serial 1 to 20 bytes
 */
export async function selfSignedCertificate(
  subject: CertificateSubject,
  { serial, notBefore, notAfter }: { serial: Buffer; notBefore: string; notAfter: string },
): Promise<string> {
  const name = nameOf(subject.domain);
  const noAuthority = derSequence(derOid(ids.basicConstraints), derTrue, derOctets(derSequence()));
  const info = derSequence(
    der(0xa0, derInteger(Buffer.from([2]))),
    derInteger(serial),
    algorithm,
    name,
    derSequence(derTime(notBefore), derTime(notAfter)),
    name,
    spkiOf(subject),
    der(0xa3, derSequence(noAuthority, ...extensionsOf(subject.domain))),
  );
  return pem('CERTIFICATE', await signed(info, subject));
}

const algorithm = derSequence(derOid(ids.ecdsaWithSha256));

async function signed(info: Buffer, { sign }: CertificateSubject): Promise<Buffer> {
  return derSequence(info, algorithm, derBits(ecdsaToDer(await sign(info))));
}

function nameOf(domain: string): Buffer {
  if (domain.length > longestName) return derSequence();
  return derSequence(derSet(derSequence(derOid(ids.commonName), der(0x0c, Buffer.from(domain)))));
}

/** It signs, and is for this domain (`dNSName` is [2] of `GeneralName`): critical where there is no other name (RFC 5280 §4.2.1.6). */
function extensionsOf(domain: string): Buffer[] {
  const signsOnly = derBits(Buffer.from([0x80]), 7);
  return [
    derSequence(derOid(ids.keyUsage), derTrue, derOctets(signsOnly)),
    derSequence(
      derOid(ids.subjectAltName),
      ...(domain.length > longestName ? [derTrue] : []),
      derOctets(derSequence(der(0x82, Buffer.from(domain)))),
    ),
  ];
}

function spkiOf({ jwk }: CertificateSubject): Buffer {
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString('base64').replaceAll(/(.{64})(?=.)/g, '$1\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
