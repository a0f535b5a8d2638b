import { tell } from '../demo/timeline.ts';
import { addDays, localDay } from '../domain/calendar.ts';
import { InvalidError } from '../domain/errors.ts';
import { simulation } from '../simulation.ts';
import type { CommandModule } from './cli.ts';

export const define: CommandModule['define'] = (simulate, cli) => {
  simulate
    .description(
      'live the schedule day by day in a home made with init --now: backups, tests, expiry, notices, controls',
    )
    .requiredOption('--days <n>', 'how many days')
    .action(
      cli.act(async ({ home, deps, output }, options: { days: string }) => {
        const total = Number(options.days);
        if (!Number.isInteger(total) || total < 1 || total > 3660) {
          throw new InvalidError(`--days ${options.days}: give a whole number from 1 to 3660`);
        }
        if (!deps.clock.simulated) {
          throw new InvalidError('this home lives under the real clock', {
            hint: 'Make one with `tenure --now INSTANT init` to simulate in.',
          });
        }
        // The day that is under way is lived by hand; the schedule begins with the next.
        const first = addDays(`${localDay(deps.clock.now(), 'UTC')}T00:00:00.000Z`, 1);
        const lives = simulation(home, first);
        const days = [];
        for (let number = 0; number < total; number++) {
          const lived = await lives.nextDay();
          const lines = tell(lived);
          days.push({
            day: localDay(lived.day, 'UTC'),
            lines,
            certified: lived.certified,
            controlsFailed: lived.controlsFailed,
          });
          for (const line of lines) output.line(`${localDay(lived.day, 'UTC')}  ${line}`);
        }
        return { json: days, text: `${total} days lived; it is ${deps.clock.now()} now.` };
      }),
    );
};
