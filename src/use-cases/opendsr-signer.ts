import type { Deps } from '../deps.ts';
import { ecdsaToDer } from '../domain/ecdsa-der.ts';
import { NotFoundError, UnavailableError } from '../domain/errors.ts';
import { certificateFault, type OpendsrCertificate } from '../domain/opendsr-certificate.ts';
import { opendsrCertificates } from '../records.ts';

const mend =
  'An operator has to bring in a certificate: `tenure opendsr csr` makes the request, `tenure opendsr certificate` takes the answer.';

/** The certificate of this home. @throws NotFoundError while there is none: OpenDSR is not set up */
export async function requireCertificate(deps: Pick<Deps, 'table'>): Promise<OpendsrCertificate> {
  const stored = await opendsrCertificates.read(deps.table);
  if (stored !== undefined) return stored.value;
  throw new NotFoundError('OpenDSR is not set up: there is no certificate for its signatures', { hint: mend });
}

/**
 * Looks before something is done whether its answer could be signed.
 *
 * @returns the domain that the certificate is for
 * @throws NotFoundError without a certificate, UnavailableError for one that has ended or is of another key
 */
export async function requireOpendsr(deps: Pick<Deps, 'table' | 'keys' | 'clock'>): Promise<OpendsrCertificate> {
  const certificate = await requireCertificate(deps);
  const [current] = await deps.keys.publicKeys();
  refuseUnusable(deps, certificate, current?.kid ?? '');
  return certificate;
}

/**
 * The two headers of every answer and callback: whose certificate it is, and the signature over the bytes of the body (ECDSA on
 * P-256 with SHA-256, FIPS 186, in DER as `openssl dgst -verify` reads it, base64).
 *
 * @throws as `requireOpendsr`
 */
export async function signatureHeaders(
  deps: Pick<Deps, 'table' | 'keys' | 'clock'>,
  body: Buffer,
): Promise<Record<string, string>> {
  const certificate = await requireCertificate(deps);
  refuseUnusable(deps, certificate, certificate.kid);
  const { kid, signature } = await deps.keys.sign(body);
  refuseUnusable(deps, certificate, kid);
  return {
    'x-opendsr-processor-domain': certificate.domain,
    'x-opendsr-signature': ecdsaToDer(signature).toString('base64'),
  };
}

function refuseUnusable({ clock }: Pick<Deps, 'clock'>, certificate: OpendsrCertificate, currentKid: string): void {
  const fault = certificateFault(certificate, { currentKid, now: new Date(clock.wall()).toISOString() });
  if (fault === undefined) return;
  throw new UnavailableError(`OpenDSR cannot sign: ${fault}`, { hint: mend });
}
