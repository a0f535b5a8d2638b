import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Actor } from '../domain/case-events.ts';
import { parseCheckedYaml } from '../domain/checked-yaml.ts';
import { TenureError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import { sources, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { addSource } from './add-source.ts';
import { addTenant } from './add-tenant.ts';
import { type AppliedTenant, applySchema, sourceOf } from './apply-schema.ts';
import { setSource } from './set-source.ts';
import { setTenant } from './set-tenant.ts';
import { requireFree } from './stripe-customers.ts';
import { requirePlan } from './tenant-fields.ts';

const input = z.strictObject({
  text: z.string(),
  /** As errors name it. */
  fileName: z.string(),
  /** Where relative directories begin. */
  folder: z.string(),
  dryRun: z.boolean().default(false),
  actor: actorInput,
});

/** One thing that the file asks for. */
export interface AppliedChange {
  what: 'tenant' | 'source';
  id: string;
  change: 'add' | 'change' | 'none';
  /** Fields that become different. */
  fields: string[];
}

/** A change and how it is made. */
interface PlannedChange extends AppliedChange {
  make: (deps: Deps, actor: Actor) => Promise<unknown>;
}

interface Problem {
  path: PropertyKey[];
  message: string;
}

/**
 * Makes tenants and sources what a file says. The whole file is checked against what is there before anything is changed;
 * what it does not name stays as it is. Repeatable: a file that was applied changes nothing.
 *
 * @throws InvalidError that names the line of every problem
 */
export const applyFile = useCase(
  input,
  async (deps, { text, fileName, folder, dryRun, actor }): Promise<AppliedChange[]> => {
    const words = {
      fileName,
      empty: 'the file is empty',
      hint: 'Correct the file and apply it again; nothing was changed.',
    };
    const { value, refuse } = parseCheckedYaml(text, applySchema, words);
    const problems: Problem[] = [];
    const planned: PlannedChange[] = [];
    const wanted = value.tenants.flatMap((each) => each.sources.map((source) => sourceOf(each.id, source, folder)));
    const elsewhere = await sourcesBeside(deps, wanted);
    for (const [index, tenant] of value.tenants.entries()) {
      const path = ['tenants', index];
      planned.push(await planTenant(deps, tenant, path, problems));
      for (const [at, each] of tenant.sources.entries()) {
        const source = sourceOf(tenant.id, each, folder);
        const others = wanted.filter(
          (other) => other.kind === source.kind && (other.tenant !== source.tenant || other.name !== source.name),
        );
        const beside = elsewhere.filter((other) => other.kind === source.kind);
        const apart = [...beside, ...others].map(({ location }) => location);
        planned.push(await planSource(deps, source, apart, [...path, 'sources', at], problems));
      }
    }
    if (problems.length > 0) refuse(problems);
    if (!dryRun) for (const { change, make } of planned) if (change !== 'none') await make(deps, actor);
    return planned.map(({ what, id, change, fields }) => ({ what, id, change, fields }));
  },
);

async function planTenant(
  deps: Deps,
  { sources: _sources, ...tenant }: AppliedTenant,
  path: PropertyKey[],
  problems: Problem[],
): Promise<PlannedChange> {
  const known = (await tenants.read(deps.table, tenant.id))?.value;
  if (tenant.plan !== undefined || known === undefined) {
    await noteProblem([...path, 'plan'], problems, () => requirePlan(deps, tenant.plan ?? 'standard'));
  }
  if (known?.status === 'erased') problems.push({ path: [...path, 'id'], message: `tenant ${tenant.id} was erased` });
  const { paused, stripeCustomer, ...fields } = tenant;
  const customer = stripeCustomer ?? undefined;
  if (customer !== undefined) {
    await noteProblem([...path, 'stripeCustomer'], problems, async () => {
      await requireFree(deps, tenant.id, customer);
    });
  }
  if (known !== undefined) {
    const isNone = stripeCustomer === null && known.stripeCustomer === undefined;
    const changed = differing(isNone ? { ...tenant, stripeCustomer: undefined } : tenant, known);
    return planOfChange(
      'tenant',
      tenant.id,
      changed,
      async (on, actor) => await setTenant.typed(on, { ...tenant, actor }),
    );
  }
  return {
    what: 'tenant',
    id: tenant.id,
    change: 'add',
    fields: Object.keys(tenant),
    make: async (on, actor) => {
      await addTenant.typed(on, { ...fields, ...(customer === undefined ? {} : { stripeCustomer: customer }), actor });
      if (paused === true) await setTenant.typed(on, { id: tenant.id, paused, actor });
    },
  };
}

async function planSource(
  deps: Deps,
  source: Omit<Source, 'status' | 'createdAt'>,
  apart: readonly string[],
  path: PropertyKey[],
  problems: Problem[],
): Promise<PlannedChange> {
  const id = `${source.tenant}/${source.name}`;
  const known = (await sources.read(deps.table, source.tenant, source.name))?.value;
  if (known?.status === 'erased') problems.push({ path: [...path, 'name'], message: `source ${id} was erased` });
  const placeField = { directory: 'directory', s3: 's3', 'aws-backup': 'awsBackup' }[source.kind];
  await noteProblem([...path, placeField], problems, async () => {
    await deps.sourceDriver({ ...source, status: 'active', createdAt: deps.clock.now() }).verify(apart);
  });
  const isNew = known === undefined || known.status === 'removed';
  const gone = (['role', 'externalId', 'prepare', 'release'] as const).filter(
    (field) => known?.[field] !== undefined && source[field] === undefined,
  );
  const changed = isNew ? Object.keys(source) : [...differing(source, known), ...gone];
  const plan = planOfChange(
    'source',
    id,
    changed,
    async (on, actor) => await (isNew ? addSource : setSource).typed(on, { source, actor }),
  );
  return isNew ? { ...plan, change: 'add' } : plan;
}

function planOfChange(
  what: AppliedChange['what'],
  id: string,
  fields: string[],
  make: PlannedChange['make'],
): PlannedChange {
  return { what, id, change: fields.length === 0 ? 'none' : 'change', fields, make };
}

/** Fields that the file names and that are otherwise there. */
function differing<T extends object>(wanted: T, known: Tenant | Source): string[] {
  return Object.entries(wanted)
    .filter(
      ([field, value]) =>
        JSON.stringify(value) !== JSON.stringify((known as unknown as Record<string, unknown>)[field]),
    )
    .map(([field]) => field);
}

/** Sources that the file does not name, and that those of the file must lie apart from. */
async function sourcesBeside(deps: Deps, wanted: readonly Pick<Source, 'tenant' | 'name'>[]): Promise<Source[]> {
  const named = new Set(wanted.map(({ tenant, name }) => `${tenant}/${name}`));
  return (await sources.all(deps.table))
    .map((stored) => stored.value)
    .filter((other) => other.status !== 'erased' && !named.has(`${other.tenant}/${other.name}`));
}

/** Runs a check whose refusal is a problem of the file. */
async function noteProblem(path: PropertyKey[], problems: Problem[], check: () => void | Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof TenureError)) throw error;
    problems.push({ path, message: error.message });
  }
}
