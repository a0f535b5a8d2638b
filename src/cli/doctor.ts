import { TenureError } from '../domain/errors.ts';
import type { Examined } from '../use-cases/examine.ts';
import type { Bare, CommandModule } from './cli.ts';
import { indent } from './text.ts';

export const define: CommandModule['define'] = (doctor, cli) => {
  doctor.description('what is missing or wrong, and how to mend it; exit code 1 when something is wrong').action(
    cli.bare(async (bare) => {
      const found = await examined(bare);
      const wrong = found.filter(({ status }) => status === 'wrong').length;
      const warnings = found.filter(({ status }) => status === 'warning').length;
      return {
        json: { wrong, warnings, checks: found },
        text: `${found.map(lineOf).join('\n')}\n${wrong === 0 ? 'Nothing is wrong' : `${wrong} wrong`}, ${warnings} warnings.`,
        exitCode: wrong === 0 ? 0 : 1,
      };
    }),
  );
};

/** Files first, since a home whose configuration or plans are wrong does not open. */
async function examined({ ambient, global }: Bare): Promise<Examined[]> {
  const { home: dir, actor, passphrase } = await ambient();
  const { homePaths, readConfig } = await import('../config.ts');
  const { checkHomeFiles } = await import('../home-check.ts');
  const { readPlanFiles } = await import('../plan-files.ts');
  const { openHome, platformLacks } = await import('../embedded.ts');
  const { examine } = await import('../use-cases/examine.ts');
  const found: Examined[] = platformLacks().map((message) => ({ check: 'platform', status: 'warning', message }));
  // No home at all is an error of the caller's, not a finding.
  const config = readConfig(dir);
  found.push(...checkHomeFiles(dir, config));
  const plans = attempt('plans', () => readPlanFiles(homePaths(dir).plans), found);
  if (plans === undefined) return found;
  found.push({ check: 'plans', status: 'ok', message: [...plans.keys()].join(', ') });
  try {
    const home = await openHome({
      home: dir,
      actor,
      passphrase,
      mode: 'view',
      ...(global.now === undefined ? {} : { now: global.now }),
    });
    try {
      found.push(killedOf((await home.runner.killed()).map(({ name }) => name)));
      found.push(...(await examine.typed(home.deps, {})));
    } finally {
      await home.close();
    }
  } catch (error) {
    found.push(findingOf('catalog', error));
  }
  return found;
}

function killedOf(names: readonly string[]): Examined {
  const check = 'executions';
  if (names.length === 0) return { check, status: 'ok', message: 'none was left by a killed process' };
  return {
    check,
    status: 'wrong',
    message: `a killed process left ${names.join(', ')}`,
    mend: 'The next `tenure run …`, or a `tenure serve` within minutes, finishes it.',
  };
}

function attempt<T>(check: string, work: () => T, found: Examined[]): T | undefined {
  try {
    return work();
  } catch (error) {
    found.push(findingOf(check, error));
    return undefined;
  }
}

function findingOf(check: string, error: unknown): Examined {
  if (!(error instanceof TenureError) || error.code === 'blocked') throw error;
  return { check, status: 'wrong', message: error.message, ...(error.hint === undefined ? {} : { mend: error.hint }) };
}

function lineOf({ check, status, message, mend }: Examined): string {
  const sign = { ok: 'ok     ', warning: 'warning', wrong: 'WRONG  ' }[status];
  return `${sign}  ${check}: ${message}${mend === undefined ? '' : `\n${indent(mend, '           ')}`}`;
}
