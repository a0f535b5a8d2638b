import type { CommandModule } from './cli.ts';
import { bytesText, counted } from './text.ts';

export const define: CommandModule['define'] = (evidence, cli) => {
  evidence
    .command('export')
    .description(
      'write an evidence pack for auditors: ledger, certificates, restore tests, controls, plans, expiry, mapped to ISO 27001, SOC 2, HIPAA, GDPR and Ley 1581',
    )
    .argument('<file>', 'a ZIP file; what was there is replaced')
    .action(
      cli.act(async ({ deps, actor }, file: string) => {
        const { exportEvidence } = await import('../use-cases/export-evidence.ts');
        const { writeZip } = await import('./zip-file.ts');
        const { files, bytes } = await writeZip(file, exportEvidence(deps, actor), deps.clock.now());
        return {
          json: { file, files, bytes },
          text: `Wrote ${counted(files, 'file')} (${bytesText(bytes)}) to ${file}. README.md in it says how to verify them.`,
        };
      }),
    );
};
