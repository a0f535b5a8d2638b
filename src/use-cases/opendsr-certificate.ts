import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import { InvalidError } from '../domain/errors.ts';
import { aboutField } from '../domain/field-fault.ts';
import {
  certificateFault,
  type OpendsrCertificate,
  parseDomain,
  readCertificateChain,
} from '../domain/opendsr-certificate.ts';
import type { PublicJwk } from '../ports/key-store.ts';
import { opendsrCertificates } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';

/** Days for which a certificate for trials holds. */
const trialDays = 90;

/** Largest file that is taken for a chain of certificates, in characters. */
const largestChain = 64 * 1024;

/** Loaded late: ASN.1 takes its time, and who shows a certificate or brings one in has no need of it. */
const makers = async () => await import('../documents/certificate-request.ts');

const domainInput = z.string().exactOptional();

/** A request for a certificate authority to certify the home's signing key, as PEM (PKCS #10). */
export const requestCertificate = useCase(z.strictObject({ domain: domainInput }), async (deps, input) => {
  const domain = await aboutField(['domain'], () => domainOf(deps, input.domain));
  const { certificateRequest } = await makers();
  return { domain, pem: await certificateRequest(await subjectOf(deps, domain)) };
});

/** Takes a certificate into use in place of the one before; `pem` is absent for one of our own making, for trials. */
export const setCertificate = useCase(
  z.strictObject({ domain: domainInput, pem: z.string().max(largestChain).exactOptional(), actor: actorInput }),
  async (deps, { domain: named, pem, actor }): Promise<OpendsrCertificate> => {
    const domain = await aboutField(['domain'], () => domainOf(deps, named));
    const subject = await subjectOf(deps, domain);
    const now = new Date(deps.clock.wall()).toISOString();
    // Whole seconds, as certificates have them: it holds from before now.
    const span = { notBefore: addDays(now, -1), notAfter: addDays(now, trialDays) };
    const chain = pem ?? (await (await makers()).selfSignedCertificate(subject, { serial: deps.random(16), ...span }));
    const key = subject.jwk;
    const certificate = await aboutField(['pem'], () =>
      readCertificateChain(chain, { domain, key, now, trial: pem === undefined }),
    );
    const known = await opendsrCertificates.read(deps.table);
    await appendLedger(
      deps,
      {
        type: 'opendsr-certificate-set',
        actor,
        subjects: [`domain:${domain}`, `sha256:${certificate.fingerprint.replaceAll(':', '').toLowerCase()}`],
      },
      [opendsrCertificates.write(certificate, known?.version ?? 'absent')],
    );
    return certificate;
  },
);

/** The certificate in use and what is wrong with it; `undefined` while there is none. */
export const showCertificate = useCase(
  z.strictObject({}),
  async (deps): Promise<{ certificate: OpendsrCertificate; fault?: string } | undefined> => {
    const stored = await opendsrCertificates.read(deps.table);
    if (stored === undefined) return undefined;
    const now = new Date(deps.clock.wall()).toISOString();
    const fault = certificateFault(stored.value, { currentKid: (await signingKey(deps)).kid, now });
    return { certificate: stored.value, ...(fault === undefined ? {} : { fault }) };
  },
);

/** The domain must be the one that the API is reached under (specification, section 8.3). */
function domainOf({ settings }: Deps, named: string | undefined): string {
  const reached = settings.publicUrl === undefined ? undefined : new URL(settings.publicUrl).hostname;
  if (named === undefined && reached === undefined) {
    throw new InvalidError('no domain is named', {
      hint: 'Add --domain, or set the address of the API (api.publicUrl in tenure.yml).',
    });
  }
  const domain = parseDomain(named ?? reached ?? '');
  if (reached !== undefined && domain !== reached) {
    throw new InvalidError(`the API is reached under ${reached}, not ${domain}`, {
      hint: 'The certificate must be for the domain of api.publicUrl: correct one of the two.',
    });
  }
  return domain;
}

async function subjectOf(deps: Deps, domain: string) {
  const jwk = await signingKey(deps);
  return { domain, jwk: { ...jwk }, sign: async (data: Buffer) => (await deps.keys.sign(data)).signature };
}

async function signingKey(deps: Deps): Promise<PublicJwk> {
  const [current] = await deps.keys.publicKeys();
  if (current === undefined) throw new InvalidError('there is no signing key', { hint: 'Is this a whole home?' });
  return current;
}
