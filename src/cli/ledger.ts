import { CorruptError } from '../domain/errors.ts';
import type { LedgerProblem, LedgerVerdict } from '../use-cases/verify-ledger.ts';
import type { Answer, Bare, CommandModule } from './cli.ts';
import { shownName } from './shown-name.ts';
import { counted } from './text.ts';

export const define: CommandModule['define'] = (ledger, cli) => {
  ledger
    .command('verify')
    .description(
      'verify every chain from its first entry to its head, every seal, and the copies in the evidence store (exit code 1: something was changed)',
    )
    .action(cli.bare(verify));

  ledger
    .command('export')
    .description('write all entries as JSON lines')
    .argument('<file>', 'a file, or - for stdout')
    .action(
      cli.view(async ({ deps }, file: string) => {
        const { exportLedger } = await import('../use-cases/export-ledger.ts');
        if (file === '-') {
          const lines: string[] = [];
          for await (const line of exportLedger(deps)) lines.push(line);
          return { json: lines.map((line) => JSON.parse(line) as unknown), text: () => lines.join('').slice(0, -1) };
        }
        const { writeLines } = await import('./output-lines.ts');
        const entries = await writeLines(file, exportLedger(deps));
        return { json: { file, entries }, text: `Wrote ${counted(entries, 'entry', 'entries')} to ${file}.` };
      }),
    );
};

/** Without a home of the usual kind: a catalog that is too damaged to be opened is a finding here, not a fault. */
async function verify({ ambient, global, output }: Bare): Promise<Answer> {
  const { home: dir, actor, passphrase } = await ambient();
  const { openHome } = await import('../open-home.ts');
  const { verifyLedger } = await import('../use-cases/verify-ledger.ts');
  try {
    const home = await openHome({
      home: dir,
      actor,
      passphrase,
      mode: 'view',
      ...(global.now === undefined ? {} : { now: global.now }),
      progress: output.progress,
    });
    try {
      return answerOf(await verifyLedger.typed(home.deps, {}));
    } finally {
      await home.close();
    }
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error;
    const problem: LedgerProblem = { problem: `the catalog cannot be read: ${error.message}` };
    return answerOf({ ok: false, chains: [], entries: 0, seals: 0, segments: 0, problems: [problem] });
  }
}

function answerOf(verdict: LedgerVerdict): Answer {
  const { ok, chains, entries, seals, problems } = verdict;
  const looked = `${counted(chains.length, 'chain')}, ${counted(entries, 'entry', 'entries')}, ${counted(seals, 'seal')}`;
  if (ok) return { json: verdict, text: `${looked}: nothing was changed.` };
  return {
    json: verdict,
    text: [`${looked}: the ledger is NOT as it was written.`, ...problems.flatMap(problemText)].join('\n'),
    exitCode: 1,
  };
}

function problemText({ chain, seq, problem, differs = [] }: LedgerProblem): string[] {
  const where = chain === undefined ? '' : `chain ${chain}${seq === undefined ? '' : `, entry ${seq}`}: `;
  return [`  ${shownName(`${where}${problem}`)}`, ...differs.map((member) => `    ${shownName(member)}`)];
}
