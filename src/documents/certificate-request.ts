import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { Attributes, CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { ecdsaWithSHA256 } from '@peculiar/asn1-ecc';
import { AsnConvert, AsnIntegerBigIntConverter, OctetString } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
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

/** RFC 5280, appendix A.1. */
const commonName = '2.5.4.3';

/** PKCS #9 (RFC 2985 §5.4.2): the extensions that the certificate is to have. */
const extensionRequest = '1.2.840.113549.1.9.14';

/** Longest common name (RFC 5280, `ub-common-name`); a longer domain stands in the extension alone. */
const longestName = 64;

/** A certificate request (PKCS #10, RFC 2986) for a certificate authority, as PEM. */
export async function certificateRequest(subject: CertificateSubject): Promise<string> {
  const wanted = AsnConvert.serialize(new x509.Extensions(extensionsOf(subject.domain)));
  const info = new CertificationRequestInfo({
    subject: nameOf(subject.domain),
    subjectPKInfo: spkiOf(subject),
    attributes: new Attributes([new x509.Attribute({ type: extensionRequest, values: [wanted] })]),
  });
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: ecdsaWithSHA256,
    signature: await signatureOver(info, subject),
  });
  return pem('CERTIFICATE REQUEST', request);
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
  const noAuthority = extension(x509.id_ce_basicConstraints, new x509.BasicConstraints(), true);
  const info = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: integer(serial),
    signature: ecdsaWithSHA256,
    issuer: nameOf(subject.domain),
    validity: new x509.Validity({ notBefore: new Date(notBefore), notAfter: new Date(notAfter) }),
    subject: nameOf(subject.domain),
    subjectPublicKeyInfo: spkiOf(subject),
    extensions: new x509.Extensions([noAuthority, ...extensionsOf(subject.domain)]),
  });
  const certificate = new x509.Certificate({
    tbsCertificate: info,
    signatureAlgorithm: ecdsaWithSHA256,
    signatureValue: await signatureOver(info, subject),
  });
  return pem('CERTIFICATE', certificate);
}

async function signatureOver(info: object, { sign }: CertificateSubject): Promise<ArrayBuffer> {
  return bytesOf(ecdsaToDer(await sign(Buffer.from(AsnConvert.serialize(info)))));
}

function nameOf(domain: string): x509.Name {
  if (domain.length > longestName) return new x509.Name();
  const value = new x509.AttributeValue({ utf8String: domain });
  return new x509.Name([
    new x509.RelativeDistinguishedName([new x509.AttributeTypeAndValue({ type: commonName, value })]),
  ]);
}

/** It signs, and is for this domain: critical where there is no other name (RFC 5280 §4.2.1.6). */
function extensionsOf(domain: string): x509.Extension[] {
  const names = new x509.SubjectAlternativeName([new x509.GeneralName({ dNSName: domain })]);
  return [
    extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature), true),
    extension(x509.id_ce_subjectAltName, names, domain.length > longestName),
  ];
}

function extension(extnID: string, value: object, critical: boolean): x509.Extension {
  return new x509.Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function spkiOf({ jwk }: CertificateSubject): x509.SubjectPublicKeyInfo {
  const spki = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
  return AsnConvert.parse(spki, x509.SubjectPublicKeyInfo);
}

/** The library takes the bytes of a serial as they are: it has to be positive, and as short as can be. */
function integer(digits: Buffer): ArrayBuffer {
  return bytesOf(AsnIntegerBigIntConverter.toASN(BigInt(`0x${digits.toString('hex')}`)).valueBlock.valueHexView);
}

/** A buffer of their own: Buffers may lie in a larger one. */
function bytesOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function pem(label: string, content: object): string {
  const lines = Buffer.from(AsnConvert.serialize(content))
    .toString('base64')
    .replaceAll(/(.{64})(?=.)/g, '$1\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
