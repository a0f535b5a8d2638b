import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { PlanVersion } from '../domain/plan-version.ts';
import { planVersions } from '../records.ts';
import { useCase } from '../use-case.ts';
import { nameField } from './tenant-fields.ts';

/** Every version of a plan, newest first. A plan whose file is gone keeps its history. */
export const planHistory = useCase(
  z.strictObject({ name: nameField }),
  async (deps, { name }) => await versionsOf(deps, name),
);

const input = z.strictObject({
  name: nameField,
  version: z.int({ error: 'must be a whole number' }).min(1).exactOptional(),
});

/** One version of a plan as it was written; without a number the newest. */
export const showPlan = useCase(input, async (deps, { name, version }) => {
  const versions = await versionsOf(deps, name);
  const found = version === undefined ? versions[0] : versions.find((each) => each.version === version);
  if (found !== undefined) return found;
  throw new NotFoundError(`plan ${name} has no version ${version}`, {
    hint: `\`tenure plan history ${name}\` shows all versions.`,
  });
});

async function versionsOf(deps: Deps, name: string): Promise<PlanVersion[]> {
  const versions = await planVersions.list(deps.table, `PLAN#${name}`, { reverse: true });
  if (versions.length === 0)
    throw new NotFoundError(`there is no plan ${name}`, { hint: '`tenure plan list` shows all plans.' });
  return versions.map((stored) => stored.value);
}
