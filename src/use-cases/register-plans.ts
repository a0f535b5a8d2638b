import { z } from 'zod';
import type { Deps, PlanText } from '../deps.ts';
import { ConflictError } from '../domain/errors.ts';
import type { PlanVersion } from '../domain/plan-version.ts';
import { planVersions } from '../records.ts';
import { useCase } from '../use-case.ts';

/**
 * Makes every plan that says something new an immutable version of its own. A file that only got other comments or blanks
 * stays the version it is. Cheap when nothing has changed: every command does it.
 *
 * @returns the versions that are new
 */
export async function registerPlans(deps: Deps, written: Iterable<PlanText>, author: string): Promise<PlanVersion[]> {
  const fresh: PlanVersion[] = [];
  for (const { name, digest, text } of written) {
    const [latest] = await planVersions.list(deps.table, `PLAN#${name}`, { reverse: true, limit: 1 });
    if (latest?.value.digest === digest) continue;
    const version: PlanVersion = {
      name,
      version: (latest?.value.version ?? 0) + 1,
      digest,
      author,
      text,
      since: deps.clock.now(),
    };
    // Loaded late: most commands find every plan unchanged.
    const { appendLedger } = await import('./append-ledger.ts');
    const { guardLedger } = await import('./guard-ledger.ts');
    await guardLedger(deps);
    try {
      const entry = {
        type: 'plan-version',
        actor: 'operator' as const,
        subjects: [`plan:${name}`, `sha256:${digest}`],
      };
      await appendLedger(deps, entry, [planVersions.write(version, 'absent')]);
      fresh.push(version);
    } catch (error) {
      // Another process has just registered the same file.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  return fresh;
}

/** Registers the plans that this deployment brings; on one machine opening the home does so. */
export const registerOwnPlans = useCase(z.object({}), async (deps) => {
  const fresh = await registerPlans(deps, deps.settings.planTexts ?? [], 'deployment');
  return { plans: [...deps.settings.plans.keys()], fresh: fresh.map(({ name, version }) => ({ name, version })) };
});
