import type { CommandModule } from './cli.ts';
import { repeated } from './options.ts';

export const define: CommandModule['define'] = (resume, cli) => {
  resume
    .description('lift the stop; with --confirm also a clock in doubt or the quarantine of a recovered home')
    .option(
      '--confirm <what>',
      'clock: the time is right; quarantine: the catalog is right; repeat it for both',
      repeated,
    )
    .action(
      cli.act(async ({ deps, actor }, { confirm = [] }: { confirm?: string[] }) => {
        const { resumeDestruction } = await import('../use-cases/set-operator-stop.ts');
        // The use case refuses what can not be confirmed.
        const resumed = await resumeDestruction.typed(deps, { confirm: confirm as ('clock' | 'quarantine')[], actor });
        const confirmed = confirm.length === 0 ? '' : ` Confirmed: ${confirm.join(', ')}.`;
        return {
          json: resumed,
          text: `The stop is lifted: expiry and erasures go on where their rules allow it.${confirmed}`,
        };
      }),
    );
};
