import { X509Certificate } from 'node:crypto';
import { InvalidError } from './errors.ts';

/** The certificate of the key that signs answers and callbacks. One for the whole home. */
export interface OpendsrCertificate {
  /** Whom it is for: `X-OpenDSR-Processor-Domain`. */
  domain: string;
  /** The chain as PEM, the home's own certificate first. */
  pem: string;
  /** Thumbprint (RFC 7638) of the key that it certifies. */
  kid: string;
  notBefore: string;
  notAfter: string;
  /** SHA-256 of the certificate, hex with colons. */
  fingerprint: string;
  /** Who vouches for it: `CN=…, O=…`. */
  issuer: string;
  /** Nobody does: for trials. The specification forbids it for real use (section 4.1). */
  selfSigned: boolean;
  addedAt: string;
}

/** What a certificate must be for. */
export interface WantedCertificate {
  domain: string;
  /** The home's signing key, P-256. */
  key: { kid: string; x: string; y: string };
  /** The machine's instant. */
  now: string;
  /** Takes one that the key has signed for itself. */
  trial: boolean;
}

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/**
 * Reads a chain of certificates and holds it against what is wanted: the first is for the domain and for this key, is within its
 * time, and each is signed by the next. Whether the last one is trusted is the receiver's to say.
 *
 * @throws InvalidError that says what is wrong
 */
export function readCertificateChain(pem: string, wanted: WantedCertificate): OpendsrCertificate {
  const chain = (pem.match(block) ?? []).map(parsed);
  const [leaf] = chain;
  if (leaf === undefined) {
    throw wrong(
      'there is no certificate in it',
      'Give the file of your certificate authority as PEM (-----BEGIN CERTIFICATE-----).',
    );
  }
  if (leaf.publicKey.asymmetricKeyType !== 'ec' || !isKey(leaf, wanted.key)) {
    throw wrong(
      "the first certificate is not for this home's signing key",
      'Have the request of `tenure opendsr csr` signed; the certificate of the home itself comes first in the file.',
    );
  }
  if (leaf.checkHost(wanted.domain, { subject: 'never' }) === undefined) {
    throw wrong(
      `the certificate does not name ${wanted.domain} (subjectAltName: ${leaf.subjectAltName ?? 'none'})`,
      'Name the domain that the API is reached under with --domain, or ask for a certificate for it.',
    );
  }
  const selfSigned = leaf.verify(leaf.publicKey);
  if (selfSigned && !wanted.trial) {
    throw wrong(
      'the certificate is self-signed, which the OpenDSR specification forbids (section 4.1)',
      'Have the request of `tenure opendsr csr` signed by a certificate authority; for trials there is --self-signed.',
    );
  }
  chain.forEach((each, index) => {
    const next = chain[index + 1];
    if (next !== undefined && !(each.checkIssued(next) && each.verify(next.publicKey))) {
      throw wrong(
        `certificate ${index + 1} is not signed by the one after it`,
        'Put the certificate first, then each authority after the one that it signed.',
      );
    }
    if (each.validToDate.toISOString() < wanted.now || each.validFromDate.toISOString() > wanted.now) {
      throw wrong(
        `certificate ${index + 1} holds from ${each.validFromDate.toISOString()} until ${each.validToDate.toISOString()}, not now`,
        'Get a new one from your certificate authority.',
      );
    }
  });
  return {
    domain: wanted.domain,
    pem: chain.map((each) => each.toString()).join(''),
    kid: wanted.key.kid,
    notBefore: leaf.validFromDate.toISOString(),
    notAfter: leaf.validToDate.toISOString(),
    fingerprint: leaf.fingerprint256,
    issuer: leaf.issuer.replaceAll('\n', ', '),
    selfSigned,
    addedAt: wanted.now,
  };
}

/** Why a stored certificate cannot be used (any more); `undefined`: it can. */
export function certificateFault(
  { kid, notBefore, notAfter }: OpendsrCertificate,
  { currentKid, now }: { currentKid: string; now: string },
): string | undefined {
  if (kid !== currentKid) return 'the certificate is for another key than the one that signs now';
  if (now > notAfter) return `the certificate has ended on ${notAfter.slice(0, 10)}`;
  return now < notBefore ? `the certificate holds only from ${notBefore.slice(0, 10)}` : undefined;
}

/** A DNS name as it stands in certificates: lower-case, with a dot, no wildcard. @throws InvalidError */
export function parseDomain(text: string): string {
  const domain = text.toLowerCase();
  const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
  const labels = domain.split('.');
  if (domain.length <= 253 && labels.length > 1 && labels.every((each) => label.test(each))) return domain;
  throw new InvalidError(`"${text}" is no domain`, {
    hint: 'Write it like dsr.example.com, without https:// and port.',
  });
}

function parsed(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new InvalidError('a certificate in it cannot be read', { hint: 'Is the file whole?', cause });
  }
}

function isKey(leaf: X509Certificate, { x, y }: { x: string; y: string }): boolean {
  const own = leaf.publicKey.export({ format: 'jwk' });
  return own.crv === 'P-256' && own.x === x && own.y === y;
}

function wrong(message: string, hint: string): InvalidError {
  return new InvalidError(message, { hint });
}
