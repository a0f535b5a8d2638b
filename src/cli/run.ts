import type { Command } from 'commander';
import { InvalidError } from '../domain/errors.ts';
import type { RunKind } from '../use-cases/start-run.ts';
import type { Answer, Cli, CommandModule, Session } from './cli.ts';
import { columns, counted } from './text.ts';

interface RunOptions {
  cadence?: string;
  tenant?: string;
  source?: string;
  dryRun?: boolean;
  confirm?: boolean;
}

export const define: CommandModule['define'] = (run, cli) => {
  scoped(run.command('backup').description('back up what is due for it'))
    .option('--cadence <cadence>', 'daily or weekly: only sources whose plan has it; default: all, as manual copies')
    .action(workflow(cli, 'backup'));
  scoped(run.command('restore-test').description('restore copies and compare them, object by object')).action(
    workflow(cli, 'restore-test'),
  );
  scoped(run.command('expiry').description('remove the copies that the plan no longer keeps'))
    .option('--dry-run', 'only say what would stay and go, and why')
    .option('--confirm', 'remove also where an unusually large share would go')
    .action(workflow(cli, 'expiry'));
  run
    .command('audit')
    .description('look for obsolete data')
    .option('--tenant <id>', 'of this tenant alone')
    .action(workflow(cli, 'audit'));
  run
    .command('notice')
    .description('send notices and reminders that are due, start erasures whose time has come')
    .option('--tenant <id>', 'of this tenant alone')
    .action(workflow(cli, 'notice'));
  run
    .command('controls')
    .description('evaluate every control, alert, seal the ledger once a day')
    .action(
      cli.act(async (session): Promise<Answer> => {
        const { runControls } = await import('../use-cases/run-controls.ts');
        await takeOver(session);
        const { at, failed, results } = await runControls.typed(session.deps, {});
        const rows = results.map(({ status, id, subject, reason }) => [status, id, subject, reason]);
        return {
          json: { at, failed, results },
          text: `${columns(['', 'CONTROL', 'SUBJECT', 'REASON'], rows)}\n${failed === 0 ? 'All controls pass.' : `${counted(failed, 'control')} failed.`}`,
          exitCode: failed === 0 ? 0 : 1,
        };
      }),
    );
};

function scoped(command: Command): Command {
  return command
    .option('--tenant <id>', 'of this tenant alone')
    .option('--source <name>', 'of sources of this name alone');
}

function workflow(cli: Cli, kind: RunKind) {
  return cli.act(async (session, options: RunOptions): Promise<Answer> => {
    const { startRun } = await import('../use-cases/start-run.ts');
    const { finishedRun } = await import('./run-answer.ts');
    const { cadence, tenant, source, dryRun, confirm } = options;
    if (cadence !== undefined && cadence !== 'daily' && cadence !== 'weekly') {
      throw new InvalidError(`the cadence "${cadence}" is neither daily nor weekly`);
    }
    const takenOver = await takeOver(session);
    const started = await startRun.typed(session.deps, {
      kind,
      requestedBy: session.actor.id,
      ...(cadence === undefined ? {} : { cadence }),
      ...(tenant === undefined ? {} : { tenant }),
      ...(source === undefined ? {} : { source }),
      ...(dryRun === undefined ? {} : { dryRun }),
      ...(confirm === undefined ? {} : { confirmed: confirm }),
    });
    return await finishedRun(session, started.machine, started.run, { dryRun: dryRun === true, takenOver });
  });
}

/** Finishes what a killed process left before anything new begins, so that the new run finds everything settled. */
export async function takeOver({ home, output }: Pick<Session, 'home' | 'output'>): Promise<string[]> {
  const taken = await home.runner.redriveKilled();
  if (taken.length > 0)
    output.note(`Finishing what a killed process left: ${taken.map((execution) => execution.name).join(', ')}`);
  await home.runner.idle();
  return taken.map((execution) => execution.name);
}
