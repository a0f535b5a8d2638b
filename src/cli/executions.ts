import { type Execution, type Machine, machines } from '../ports/workflows.ts';
import type { CommandModule } from './cli.ts';
import { atText, columns } from './text.ts';

interface ListOptions {
  machine?: string;
  status?: string;
  limit?: string;
}

export const define: CommandModule['define'] = (executions, cli) => {
  executions
    .command('list')
    .description('executions of workflows, newest first')
    .option('--machine <name>', `one of ${machines.join(', ')}`)
    .option('--status <status>', 'running, succeeded, failed or stopped')
    .option('--limit <number>', 'at most so many (default: 50)')
    .action(
      cli.view(async ({ deps }, { machine, status, limit }: ListOptions) => {
        const { listExecutions } = await import('../use-cases/show-execution.ts');
        const found = await listExecutions(deps)({
          ...(machine === undefined ? {} : { machine }),
          ...(status === undefined ? {} : { status }),
          ...(limit === undefined ? {} : { limit: Number(limit) }),
        });
        const rows = found.map((each) => [
          each.name,
          statusText(each),
          atText(each.startedAt),
          atText(each.endedAt),
          String(each.redrives),
        ]);
        return {
          json: found,
          text:
            found.length === 0
              ? 'No executions.'
              : columns(['EXECUTION', 'STATUS', 'STARTED', 'ENDED', 'STARTED AGAIN'], rows),
        };
      }),
    );

  executions
    .command('show')
    .argument('<name>')
    .description('one execution with its history')
    .action(
      cli.view(async ({ deps }, name: string) => {
        const { showExecution } = await import('../use-cases/show-execution.ts');
        const { execution, history } = await showExecution.typed(deps, { name });
        const rows = history.map(({ at, type, state, detail }) => [at, type, state ?? '', detail ?? '']);
        const { error, redrives, startedAt, endedAt } = execution;
        const facts = [
          `${name}: ${statusText(execution)}${error === undefined ? '' : `, ${error.name}: ${error.message}`}`,
          `started ${atText(startedAt)}, ended ${atText(endedAt)}, started again ${redrives} times`,
        ];
        return {
          json: { ...execution, history },
          text: () => [...facts, '', columns(['AT', 'EVENT', 'STATE', 'DETAIL'], rows)].join('\n'),
        };
      }),
    );

  executions
    .command('retry')
    .argument('<name>')
    .description('start a failed, stopped or killed execution again; every step is safe to repeat')
    .action(
      cli.act(async (session, name: string) => {
        const { retryExecution } = await import('../use-cases/show-execution.ts');
        const { takeOver } = await import('./run.ts');
        const { finishedRun } = await import('./run-answer.ts');
        const takenOver = await takeOver(session);
        const { machine } = await retryExecution.typed(session.deps, { name });
        return await finishedRun(session, machine satisfies Machine, name, { dryRun: false, takenOver });
      }),
    );
};

function statusText({ status, killed }: Execution): string {
  return killed === true ? `${status}, but its process is gone` : status;
}
