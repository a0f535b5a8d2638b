import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InvalidError, UnavailableError } from './domain/errors.ts';
import { type Plan, parsePlan, planDigest } from './domain/plan.ts';

/** One plan as it lies in the plans folder. */
export interface PlanFile {
  plan: Plan;
  digest: string;
  text: string;
  /** As messages name it: `plans/gold.yml`. */
  file: string;
}

/** Reads and checks one plan file. Throws InvalidError with file and line for every problem. */
export function readPlanFile(path: string, shownAs: string = path): PlanFile {
  return readPlanText(readText(path), shownAs);
}

/** Checks the text of one plan. Throws InvalidError with line for every problem. */
export function readPlanText(text: string, shownAs: string): PlanFile {
  const plan = parsePlan(text, shownAs);
  return { plan, digest: planDigest(plan), text, file: shownAs };
}

/**
 * Reads all `*.yml` and `*.yaml` of a home's plans folder, by name. A home without any plan is refused: nothing could be
 * decided for any tenant. So are two files with one name.
 */
export function readPlanFiles(folder: string): Map<string, PlanFile> {
  const plans = new Map<string, PlanFile>();
  const problems: string[] = [];
  for (const name of planNames(folder)) {
    const shownAs = `${basename(folder)}/${name}`;
    try {
      const file = readPlanFile(join(folder, name), shownAs);
      const other = plans.get(file.plan.name);
      if (other === undefined) plans.set(file.plan.name, file);
      else problems.push(`${shownAs}: the name "${file.plan.name}" is taken by ${other.file}`);
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new InvalidError(problems.join('\n'), { hint: 'Correct the plan; nothing was done.' });
  if (plans.size === 0) {
    throw new InvalidError(`${folder} holds no plan`, {
      hint: 'Put the plans back; `tenure init` writes two into a new home.',
    });
  }
  return plans;
}

function planNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^[^.].*\.ya?ml$/.test(name))
      .sort();
  } catch (cause) {
    throw new UnavailableError(`the plans folder ${folder} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, {
      cause,
    });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${code}`;
    throw new InvalidError(`the plan file ${path} ${what}`, { cause });
  }
}
