import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { Cadence } from '../domain/snapshot.ts';
import { tenants } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { useCase } from '../use-case.ts';
import { livePoints } from './managed-points.ts';
import { planOf } from './plan-of.ts';
import { requireScope } from './require-scope.ts';

/** A live copy, as it is listed. */
export interface ListedSnapshot {
  id: string;
  tenant: string;
  source: string;
  cadence: Cadence;
  takenAt: string;
  /** When the cap of the tenant's plan ends it at the latest; `null` while the plan is missing. */
  expiresAt: string | null;
  objects: number;
  bytes: number;
}

const input = z.object({
  tenant: z.string().optional(),
  source: z.string().optional(),
  /** Key of the last copy of the page before (`snapshotKey`). */
  after: z.string().optional(),
  limit: z.int().min(1).optional(),
});

/** Where a copy stands in lists: oldest first. */
export function snapshotKey({ takenAt, id }: Pick<ListedSnapshot, 'takenAt' | 'id'>): string {
  return `${takenAt}#${id}`;
}

/** The live copies, oldest first. */
export const listLiveSnapshots = useCase(input, async (deps, { after, limit, ...scope }): Promise<ListedSnapshot[]> => {
  await requireScope(deps, scope);
  const { tenant, source } = scope;
  const found = await listSnapshots(deps, {
    ...(tenant === undefined ? {} : { tenant }),
    ...(source === undefined ? {} : { source }),
  });
  const points = await livePoints(deps, scope);
  const copies = [
    ...found.map(({ totals, ...of }) => ({ ...of, objects: totals.objects, bytes: totals.bytes })),
    // Tenure does not see into what AWS Backup holds.
    ...points.map((point) => ({ ...point, id: point.arn, objects: 0 })),
  ];
  const wanted = copies
    .map((copy) => ({ copy, key: snapshotKey(copy) }))
    .filter(({ key }) => after === undefined || key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, limit);
  const owners = [...new Set(wanted.map(({ copy }) => copy.tenant))];
  const days = new Map(await Promise.all(owners.map(async (id) => [id, await retentionDaysOf(deps, id)] as const)));
  return wanted.map(({ copy: { id, tenant: owner, source: name, cadence, takenAt, objects, bytes } }) => {
    const kept = days.get(owner);
    const expiresAt = kept === undefined ? null : addDays(takenAt, kept);
    return { id, tenant: owner, source: name, cadence, takenAt, expiresAt, objects, bytes };
  });
});

/** Days for which the plan of a tenant keeps copies at most; `undefined` while the plan is missing. */
export async function retentionDaysOf(deps: Deps, id: string): Promise<number | undefined> {
  const tenant = (await tenants.read(deps.table, id))?.value;
  if (tenant === undefined) return undefined;
  try {
    return (await planOf(deps, tenant)).plan.retention.retentionDays;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
