import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidError } from '../domain/errors.ts';
import type { CommandModule } from './cli.ts';
import { columns } from './text.ts';

const signs = { add: 'add', change: 'change', none: 'as it is' } as const;

export const define: CommandModule['define'] = (apply, cli) => {
  apply
    .description('make tenants and sources what a YAML file says; what it does not name stays as it is')
    .requiredOption('-f, --file <file>', 'the YAML file')
    .option('--dry-run', 'only say what would change')
    .action(
      cli.act(async ({ deps, actor }, { file, dryRun }: { file: string; dryRun?: boolean }) => {
        const { applyFile } = await import('../use-cases/apply-file.ts');
        const changes = await applyFile.typed(deps, {
          text: read(file),
          fileName: file,
          folder: dirname(resolve(file)),
          dryRun: dryRun === true,
          actor,
        });
        const rows = changes.map(({ what, id, change, fields }) => [
          signs[change],
          what,
          id,
          change === 'change' ? fields.join(', ') : '',
        ]);
        return {
          json: { dryRun: dryRun === true, changes },
          text: `${columns(['', 'WHAT', 'ID', 'FIELDS'], rows)}${dryRun ? '\nDry run: nothing was changed.' : ''}`,
        };
      }),
    );
};

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InvalidError(`the file ${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}
