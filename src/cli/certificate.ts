import { InvalidError } from '../domain/errors.ts';
import { defineProof } from './certificate-proof.ts';
import { certificateText } from './certificate-text.ts';
import type { CommandModule } from './cli.ts';
import { writeOutputFile } from './input-file.ts';
import { writePieces } from './inventory-files.ts';
import { knownKeys } from './known-keys.ts';
import { atText, columns } from './text.ts';

export const define: CommandModule['define'] = (certificate, cli) => {
  certificate
    .command('list')
    .description('the certificates that were issued, oldest first')
    .option('--tenant <id>', 'of this tenant alone')
    .action(
      cli.view(async ({ deps }, options: { tenant?: string }) => {
        const { listCertificates } = await import('../use-cases/list-certificates.ts');
        const found = await listCertificates.typed(deps, options);
        const rows = found.map((issued) => [
          issued.id,
          issued.case,
          issued.tenant,
          atText(issued.issuedAt),
          issued.digest.slice(0, 16),
        ]);
        return {
          json: found,
          text:
            rows.length === 0
              ? 'No certificates.'
              : columns(['CERTIFICATE', 'CASE', 'TENANT', 'ISSUED', 'DIGEST'], rows),
        };
      }),
    );

  certificate
    .command('inventory')
    .description('write out the inventory of a case that was too large for the report')
    .argument('<case>')
    .option('--out <dir>', 'where the files go, one a source')
    .option('--handed-over', 'the customer has them: remove what is kept here')
    .action(
      cli.act(async ({ deps }, id: string, options: { out?: string; handedOver?: boolean }) => {
        const { forgetInventory, keptInventories } = await import('../use-cases/hand-over-inventory.ts');
        if (options.out === undefined && options.handedOver !== true) {
          throw new InvalidError('nothing to do', {
            hint: 'Give --out DIR, and --handed-over once the customer has the files.',
          });
        }
        const kept = await keptInventories.typed(deps, { case: id });
        const files = options.out === undefined ? [] : await writePieces(kept, options.out);
        if (options.handedOver === true) await forgetInventory.typed(deps, { case: id });
        const told = [
          ...files,
          ...(options.handedOver === true ? ['Nothing of the inventory is kept here any more.'] : []),
        ];
        return { json: { case: id, files, handedOver: options.handedOver === true }, text: told.join('\n') };
      }),
    );

  certificate
    .command('show')
    .description('what a certificate says, or its file as it was issued')
    .argument('<case>', 'id of the case or of the certificate')
    .option('--out <file>', 'write it to FILE.pdf or FILE.json')
    .action(
      cli.view(async ({ deps }, id: string, { out }: { out?: string }) => {
        const { readCertificate } = await import('../use-cases/read-certificate.ts');
        const format = out === undefined ? 'json' : formatOf(out);
        const { record, file } = await readCertificate.typed(deps, { case: id, format });
        if (out === undefined) {
          const json: unknown = JSON.parse(file.toString('utf8'));
          return {
            json,
            text: () => certificateText((json as { certificate: Parameters<typeof certificateText>[0] }).certificate),
          };
        }
        writeOutputFile(out, file);
        return {
          json: { id: record.id, case: record.caseId, file: out, bytes: file.length },
          text: `Wrote ${record.id} to ${out}.`,
        };
      }),
    );

  certificate
    .command('verify')
    .description(
      'verify a certificate, JSON or PDF; with --jwks without any home. Any changed byte is found (exit code 1)',
    )
    .argument('<file>')
    .option('--jwks <file>', 'public keys, as `tenure keys jwks` prints them; default: those of the home')
    .action(
      cli.bare(async (bare, path: string, { jwks }: { jwks?: string }) => {
        const { readInputFile } = await import('./input-file.ts');
        const { verifyCertificate } = await import('../documents/verify-certificate.ts');
        const file = readInputFile(path);
        const { ok, kind, kid, content, problems } = await verifyCertificate(file, await knownKeys(bare, jwks));
        const facts =
          content === undefined
            ? {}
            : { id: content.id, tenant: content.customer.tenant, simulation: content.simulation };
        const json = { ok, kind, ...(kid === undefined ? {} : { kid }), ...facts, problems };
        if (!ok)
          return {
            json,
            text: [`${path} is NOT a valid certificate:`, ...problems.map((problem) => `  ${problem}`)].join('\n'),
            exitCode: 1,
          };
        const simulated = content?.simulation === true ? ' It is of a SIMULATION and proves nothing.' : '';
        return {
          json,
          text: `${path} is certificate ${content?.id} for ${content?.customer.name}, issued ${atText(content?.issuedAt)}, unchanged and signed with the key ${kid}.${simulated}`,
        };
      }),
    );

  defineProof(certificate, cli);
};

function formatOf(out: string): 'json' | 'pdf' {
  if (/\.pdf$/i.test(out)) return 'pdf';
  if (/\.json$/i.test(out)) return 'json';
  throw new InvalidError(`${out} does not say which form is wanted`, {
    hint: 'Name a file that ends in .pdf or .json.',
  });
}
