import { InvalidError } from '../domain/errors.ts';
import type { OpendsrCertificate } from '../domain/opendsr-certificate.ts';
import type { CommandModule } from './cli.ts';
import { readInputFile } from './input-file.ts';

export const define: CommandModule['define'] = (opendsr, cli) => {
  opendsr
    .command('csr')
    .description("print a request (PKCS #10) for a certificate authority to certify this home's signing key")
    .option('--domain <name>', 'that the API is reached under (default: of api.publicUrl)')
    .action(
      cli.view(async ({ deps }, { domain }: { domain?: string }) => {
        const { requestCertificate } = await import('../use-cases/opendsr-certificate.ts');
        const made = await requestCertificate.typed(deps, domain === undefined ? {} : { domain });
        return { json: made, text: made.pem.trimEnd() };
      }),
    );

  opendsr
    .command('certificate')
    .argument('[file]', "the authority's answer as PEM, the home's own certificate first; - is stdin")
    .description('bring in the certificate, in place of the one before; from then on /opendsr answers')
    .option('--domain <name>', 'that it is for (default: of api.publicUrl)')
    .option('--self-signed', 'make one that nobody vouches for: for trials, forbidden by the specification in real use')
    .action(
      cli.act(async ({ deps, actor }, file: string | undefined, options: { domain?: string; selfSigned?: boolean }) => {
        const { setCertificate } = await import('../use-cases/opendsr-certificate.ts');
        if ((file === undefined) !== (options.selfSigned === true)) {
          throw new InvalidError('name either a file or --self-signed', {
            hint: '`tenure opendsr csr` prints the request that a certificate authority answers with such a file.',
          });
        }
        const set = await setCertificate.typed(deps, {
          ...(options.domain === undefined ? {} : { domain: options.domain }),
          ...(file === undefined ? {} : { pem: readInputFile(file).toString('utf8') }),
          actor,
        });
        return { json: set, text: certificateText(set) };
      }),
    );

  opendsr
    .command('show')
    .description('the certificate in use; exit code 1 when there is none, or nothing can be signed with it')
    .action(
      cli.view(async ({ deps }) => {
        const { showCertificate } = await import('../use-cases/opendsr-certificate.ts');
        const shown = await showCertificate.typed(deps, {});
        if (shown === undefined) {
          const text =
            'There is no certificate: OpenDSR is not set up. `tenure opendsr csr` makes the request for one.';
          return { json: null, text, exitCode: 1 };
        }
        const { certificate, fault } = shown;
        return {
          json: { ...certificate, fault: fault ?? null },
          text: `${certificateText(certificate)}${fault === undefined ? '' : `\nNothing can be signed: ${fault}.`}`,
          exitCode: fault === undefined ? 0 : 1,
        };
      }),
    );
};

function certificateText({ domain, issuer, notBefore, notAfter, fingerprint, selfSigned }: OpendsrCertificate): string {
  const lines = [
    `Certificate of ${domain}, holds ${notBefore.slice(0, 10)} to ${notAfter.slice(0, 10)}`,
    `issued by    ${issuer === '' ? 'an authority without a name' : issuer}`,
    `fingerprint  ${fingerprint}`,
  ];
  if (selfSigned) {
    lines.push('It is self-signed: for trials only. The OpenDSR specification forbids it for real use (section 4.1).');
  }
  return lines.join('\n');
}
