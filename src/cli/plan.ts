import { readFileSync } from 'node:fs';
import { InvalidError, NotFoundError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import type { Bare, CommandModule } from './cli.ts';
import { lookAtHome } from './look-at-home.ts';
import { atText, columns } from './text.ts';

export const define: CommandModule['define'] = (plan, cli) => {
  plan
    .command('list')
    .description('all plans')
    .action(
      cli.view(async ({ deps, home }) => {
        const { listPlans } = await import('../use-cases/list-plans.ts');
        const found = await listPlans.typed(deps, {});
        const rows = found.map((each) => [
          each.name,
          String(each.version),
          atText(each.since),
          String(each.retentionDays),
          String(each.noticeDays),
          each.approval,
          String(each.tenants),
        ]);
        return {
          json: found.map((each) => ({ ...each, file: home.plans.get(each.name)?.file })),
          text: columns(['PLAN', 'VERSION', 'SINCE', 'KEPT DAYS', 'NOTICE DAYS', 'APPROVAL', 'TENANTS'], rows),
        };
      }),
    );

  plan
    .command('show')
    .argument('<plan>')
    .argument('[version]', 'number of an earlier version')
    .description('a plan as it is written')
    .action(
      cli.view(async ({ deps }, name: string, version: string | undefined) => {
        const { showPlan } = await import('../use-cases/show-plan.ts');
        const found = await showPlan.typed(deps, {
          name,
          ...(version === undefined ? {} : { version: Number(version) }),
        });
        return { json: found, text: found.text.trimEnd() };
      }),
    );

  plan
    .command('history')
    .argument('<plan>')
    .description('every version of a plan')
    .action(
      cli.view(async ({ deps }, name: string) => {
        const { planHistory } = await import('../use-cases/show-plan.ts');
        const versions = await planHistory.typed(deps, { name });
        const rows = versions.map(({ version, since, author, digest }) => [
          String(version),
          atText(since),
          author,
          digest.slice(0, 16),
        ]);
        return {
          json: versions.map(({ text: _text, ...rest }) => rest),
          text: columns(['VERSION', 'SINCE', 'AUTHOR', 'DIGEST'], rows),
        };
      }),
    );

  plan
    .command('preview')
    .argument('<plan>', 'name of a plan, or path of a plan file (which needs no home)')
    .description('what a plan would keep of copies taken at given times')
    .requiredOption('--times <file>', 'one ISO instant per line; - reads standard input')
    .option('--timezone <zone>', 'in which days, weeks and months are counted', 'UTC')
    .action(
      cli.bare(async (bare, name: string, { times, timezone }: { times: string; timezone: string }) => {
        const { previewPlan } = await import('../domain/plan-preview.ts');
        const { plan, now } = await chosenPlan(bare, name);
        const decisions = previewPlan(plan, readTimes(times), times === '-' ? 'standard input' : times, {
          now,
          timezone,
        });
        const rows = decisions.map(({ at, keep, reasons }) => [at, keep ? 'stays' : 'goes', reasons.join('; ')]);
        return { json: decisions, text: columns(['TAKEN', 'DECISION', 'REASONS'], rows) };
      }),
    );
};

/** The plan of that name in the home, or in the file of that path; and the time by the home's clock, or else the machine's. */
async function chosenPlan(bare: Bare, name: string): Promise<{ plan: Plan; now: string }> {
  const isPath = /[./\\]/.test(name);
  const { global } = bare;
  if (isPath && global.home === undefined && process.env.TENURE_HOME === undefined) {
    const { readPlanFile } = await import('../plan-files.ts');
    const { parseInstant } = await import('../domain/calendar.ts');
    return { plan: readPlanFile(name).plan, now: parseInstant(global.now ?? new Date().toISOString()) };
  }
  return await lookAtHome(bare, async ({ deps }) => {
    const now = deps.clock.now();
    if (isPath) return { plan: (await import('../plan-files.ts')).readPlanFile(name).plan, now };
    const plan = deps.settings.plans.get(name);
    if (plan === undefined)
      throw new NotFoundError(`there is no plan ${name}`, { hint: '`tenure plan list` shows all plans.' });
    return { plan, now };
  });
}

function readTimes(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new InvalidError(`the file ${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}
