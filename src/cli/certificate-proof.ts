import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { readInputFile } from './input-file.ts';
import { knownKeys } from './known-keys.ts';
import { shownName } from './shown-name.ts';
import { bytesText } from './text.ts';

interface ProveOptions {
  inventory: string;
  jwks?: string;
}

/** Adds `certificate prove`. */
export function defineProof(certificate: Command, cli: Cli): void {
  certificate
    .command('prove')
    .description(
      "show that a path is among what a certificate covers, with the customer's inventory file (exit code 1: it is not)",
    )
    .argument('<file>', 'the certificate, JSON or PDF')
    .argument('<path>', 'relative to the source; a folder ends in /')
    .requiredOption('--inventory <file>', 'as it came with the certificate')
    .option('--jwks <file>', 'public keys; default: those of the home')
    .action(
      cli.bare(async (bare, file: string, path: string, options: ProveOptions) => {
        const { verifyCertificate } = await import('../documents/verify-certificate.ts');
        const { proveInInventory } = await import('../documents/inventory.ts');
        const { ok, content, problems } = await verifyCertificate(
          readInputFile(file),
          await knownKeys(bare, options.jwks),
        );
        if (!ok || content === undefined) return refused(path, [`${file} is no valid certificate`, ...problems]);
        const inventory = readInputFile(options.inventory);
        const failures: string[] = [];
        for (const { source, merkleRoot } of content.inventory.sources) {
          if (merkleRoot === undefined) continue;
          const proof = proveInInventory(inventory, path, merkleRoot);
          if (!proof.ok) {
            failures.push(`source ${source}: ${proof.problem}`);
            continue;
          }
          const { size, sha256 } = proof.object;
          const json = {
            ok: true,
            certificate: content.id,
            source,
            path,
            size,
            sha256: sha256 ?? null,
            merkleRoot,
            proof: shownProof(proof.proof),
          };
          const digest = sha256 === undefined ? '' : `, SHA-256 ${sha256}`;
          return {
            json,
            text: `${shownName(path)} (${bytesText(size)}${digest}) is among what ${content.id} covers, in source ${source}.`,
          };
        }
        return refused(path, failures.length === 0 ? ['the certificate covers no inventory'] : failures);
      }),
    );
}

function refused(path: string, problems: string[]) {
  const text = [`Not proven for ${shownName(path)}:`, ...problems.map((problem) => `  ${problem}`)].join('\n');
  return { json: { ok: false, path, problems }, text, exitCode: 1 };
}

function shownProof(proof: { index: number; size: number; path: readonly Buffer[] }) {
  return { index: proof.index, size: proof.size, path: proof.path.map((hash) => hash.toString('hex')) };
}
