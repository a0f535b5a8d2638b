import type { CommandModule } from './cli.ts';

export const define: CommandModule['define'] = (stop, cli) => {
  stop
    .description('stop everything destructive at once: expiry and erasures; backups go on')
    .requiredOption('--reason <text>')
    .action(
      cli.act(async ({ deps, actor }, { reason }: { reason: string }) => {
        const { stopDestruction } = await import('../use-cases/set-operator-stop.ts');
        const stopped = await stopDestruction.typed(deps, { reason, actor });
        return { json: stopped, text: 'Nothing is destroyed any more, until `tenure resume`. Backups go on.' };
      }),
    );
};
