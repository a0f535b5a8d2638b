import { ulid } from 'ulid';
import { z } from 'zod';
import { ConflictError, UnavailableError } from '../domain/errors.ts';
import type { RunRequest } from '../domain/run.ts';
import type { Execution, Machine } from '../ports/workflows.ts';
import { runRequests } from '../records.ts';
import { useCase } from '../use-case.ts';
import { guardLedger } from './guard-ledger.ts';
import { registerOwnPlans } from './register-plans.ts';
import { requireScope } from './require-scope.ts';
import { scheduleSlots } from './schedule-slots.ts';

/** What can be run, and the machine that does it. */
export const runKinds = {
  backup: 'backup',
  'restore-test': 'restore-test',
  expiry: 'expiry',
  audit: 'obsolescence-audit',
  notice: 'notice',
} as const satisfies Record<string, Machine>;

export type RunKind = keyof typeof runKinds;

const options = ['cadence', 'due', 'tenant', 'source', 'dryRun', 'confirmed'] as const;

/** What each kind can be asked for, and looks at. */
const known: Record<RunKind, readonly (typeof options)[number][]> = {
  backup: ['cadence', 'due', 'tenant', 'source'],
  'restore-test': ['tenant', 'source'],
  expiry: ['tenant', 'source', 'dryRun', 'confirmed'],
  audit: ['tenant'],
  notice: ['tenant'],
};

/** Runs that destroy something, or start what does. */
const destructive = new Set<RunKind>(['expiry', 'notice']);

const input = z
  .strictObject({
    kind: z.enum(Object.keys(runKinds) as [RunKind, ...RunKind[]]),
    /** When a schedule wanted it. Absent: somebody asked for it now, and it is a run of its own. */
    scheduledAt: z.iso.datetime().exactOptional(),
    requestedBy: z.string().min(1),
    cadence: z.enum(['daily', 'weekly']).exactOptional(),
    /** Only sources that have a slot of the cadence whose copy is still to come: what a schedule asks that serves every time zone. */
    due: z.literal(true).exactOptional(),
    tenant: z.string().exactOptional(),
    source: z.string().exactOptional(),
    dryRun: z.boolean().exactOptional(),
    confirmed: z.boolean().exactOptional(),
  })
  .refine(
    ({ scheduledAt, tenant, source }) => scheduledAt === undefined || (tenant === undefined && source === undefined),
    {
      error: 'a scheduled run is for all tenants and sources',
    },
  )
  .superRefine((asked, context) => {
    // Not ignored: who asks for a dry run of a kind that has none would get a real one, who names a source a run over all.
    for (const option of options.filter((each) => asked[each] !== undefined && !known[asked.kind].includes(each))) {
      const message = `is no option of ${asked.kind}, which knows ${known[asked.kind].join(', ')}`;
      context.addIssue({ code: 'custom', path: [option], message, input: asked[option] });
    }
  })
  .refine(({ kind, cadence, due }) => due === undefined || (kind === 'backup' && cadence !== undefined), {
    error: 'what is due is asked of backups of one cadence',
  });

/** A run that was started, or was under way or done already under its name. */
export interface StartedRun {
  run: string;
  machine: Machine;
  execution: Execution;
}

/**
 * Starts a workflow. The name says what it does, so a schedule that fires twice starts one run; what is asked by hand gets
 * a ULID and is always a new one.
 *
 * A home whose catalog is behind its ledger is quarantined first, whatever is started.
 *
 * @throws InvalidError for an option that the kind does not know; NotFoundError for an unknown tenant or source; UnavailableError for
 * a run that destroys, while that cannot be found out
 */
export const startRun = useCase(input, async (deps, { kind, scheduledAt, ...asked }): Promise<StartedRun> => {
  await requireScope(deps, asked);
  await registerOwnPlans.typed(deps, {});
  const standing = await guardLedger(deps);
  if (standing === 'unknown' && destructive.has(kind)) {
    throw new UnavailableError(
      'the evidence store does not answer, so nobody knows whether the catalog is behind its ledger',
      {
        hint: 'Make it reachable, then run it again. Backups and restore tests run meanwhile.',
      },
    );
  }
  // What is due is asked of the slots that are stored.
  if (kind === 'backup') await scheduleSlots(deps);
  const machine = runKinds[kind];
  const at = scheduledAt ?? deps.clock.now();
  const run = scheduledAt === undefined ? `${kind}-manual-${ulid(Date.parse(at))}` : scheduledName(kind, asked, at);
  const request: RunRequest = { run, scheduledAt: at, ...asked };
  try {
    await deps.table.transact([runRequests.write(request, 'absent')]);
  } catch (error) {
    // The same schedule has been here: what it asked for stands.
    if (!(error instanceof ConflictError)) throw error;
  }
  return { run, machine, execution: await deps.workflows.start(machine, run, { run, page: 0 }) };
});

/**
 * `backup-daily-2026-11-22`; the sweeps, which come hourly or oftener, `notice-2026-11-22T20`, `expiry-2026-11-22T20` and
 * `backup-daily-2026-11-22T20-30`. Days and hours are UTC.
 */
function scheduledName(kind: RunKind, { cadence, due }: Pick<RunRequest, 'cadence' | 'due'>, at: string): string {
  const hourly = kind === 'notice' || kind === 'expiry';
  const when = due === true ? at.slice(0, 16).replace(':', '-') : at.slice(0, hourly ? 13 : 10);
  return [kind, cadence, when].filter((part) => part !== undefined).join('-');
}
