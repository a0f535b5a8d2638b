import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { ManagedJobState } from '../domain/managed-point.ts';
import { pointName } from '../domain/managed-point.ts';
import { managedJobs, managedPoints, sources, tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { appendLedger } from './append-ledger.ts';
import { raiseAlert } from './raise-alert.ts';

const text = z.string().optional();

/**
 * An event of AWS Backup as EventBridge delivers it ("Monitoring AWS Backup events using EventBridge", AWS Backup Developer
 * Guide): jobs of backups and copies tell a `state`, restores and recovery points a `status`.
 */
const input = z.object({
  'detail-type': z.string(),
  time: text,
  resources: z.array(z.string()).default([]),
  detail: z.looseObject({
    state: text,
    status: text,
    statusMessage: text,
    backupJobId: text,
    recoveryPointArn: text,
    resourceArn: text,
    destinationBackupVaultArn: text,
    destinationRecoveryPointArn: text,
  }),
});

type BackupEvent = z.output<typeof input>;

const states: Record<string, ManagedJobState['status']> = {
  COMPLETED: 'completed',
  PARTIAL: 'partial',
  ABORTED: 'failed',
  EXPIRED: 'failed',
  FAILED: 'failed',
};

/**
 * Takes what AWS Backup tells of its work. Events come at best effort, more than once and in any order: an event never decides.
 * How a job of ours ended is noted for the step that waits for it; a point that was deleted by somebody else is looked for, and
 * taken off the record when it is gone; a copy into another vault is told to the operator. Everything else is ignored.
 */
export const takeBackupEvent = useCase(input, async (deps, event) => {
  if (event['detail-type'] === 'Backup Job State Change') return await noteJob(deps, event);
  if (event['detail-type'] === 'Recovery Point State Change') return await lookForPoint(deps, event);
  if (event['detail-type'] === 'Copy Job State Change') return await tellOfCopy(deps, event);
  // Restores of a test are asked for by their plan; of other restores Tenure knows nothing.
  return { outcome: 'ignored' as const };
});

async function noteJob(deps: Deps, { detail, time }: BackupEvent) {
  return await untilUnchanged(async () => {
    const known = await managedJobs.read(deps.table, detail.backupJobId ?? '');
    // Nobody waits for it: a job of somebody else, or one that was recorded.
    if (known === undefined) return { outcome: 'ignored' as const };
    const status = states[detail.state ?? ''] ?? 'running';
    // An early event that comes late: an ended job does not run again.
    if (known.value.status !== 'running' || status === 'running') return { outcome: 'ignored' as const };
    const told = {
      status,
      ...(detail.recoveryPointArn === undefined ? {} : { recoveryPoint: detail.recoveryPointArn }),
      ...(detail.statusMessage === undefined ? {} : { reason: `${detail.state}: ${detail.statusMessage}` }),
      at: time ?? deps.clock.now(),
    };
    await deps.table.transact([managedJobs.write({ ...known.value, ...told }, known.version)]);
    return { outcome: 'noted' as const };
  });
}

async function lookForPoint(deps: Deps, { detail, resources }: BackupEvent) {
  const arn = detail.recoveryPointArn ?? resources[0] ?? '';
  const [stored] = await managedPoints.all(deps.table, { prefix: arn, limit: 1 });
  if (arn === '' || stored === undefined || stored.value.arn !== arn) return { outcome: 'ignored' as const };
  const { tenant: id, source: name } = stored.value;
  const tenant = (await tenants.read(deps.table, id))?.value;
  const source = (await sources.read(deps.table, id, name))?.value;
  if (tenant === undefined || source === undefined) return { outcome: 'ignored' as const };
  const { points } = await deps.managed.list(source.location);
  if (points.some((point) => point.arn === arn)) return { outcome: 'ignored' as const };
  const point = await untilUnchanged(async () => {
    const now = await managedPoints.read(deps.table, id, name, arn);
    // An expiry or an erasure deletes it: they record it themselves.
    if (now === undefined || now.value.status === 'condemned') return undefined;
    const event = {
      tenant,
      type: 'recovery-point-lost',
      actor: 'system',
      subjects: [pointName(arn)],
      particulars: { source: name, recoveryPoint: arn },
    };
    await appendLedger(deps, event, [
      managedPoints.write({ ...now.value, status: 'condemned', condemnedFor: 'it was gone' }, now.version),
    ]);
    return now.value;
  });
  if (point === undefined) return { outcome: 'ignored' as const };
  const message = `Recovery point ${arn} of ${id}/${name}, taken at ${point.takenAt}, was deleted by somebody else: it is no copy any more.`;
  await raiseAlert(deps, { kind: 'copy-lost', subject: `${id}/${name}`, tenant: id, message });
  return { outcome: 'lost' as const };
}

async function tellOfCopy(deps: Deps, { detail }: BackupEvent) {
  const { name: ours } = await deps.managed.vault();
  const into = detail.destinationBackupVaultArn ?? '';
  if (detail.state !== 'COMPLETED' || into.endsWith(`:${ours}`)) return { outcome: 'ignored' as const };
  let told = 0;
  for (const { value: source } of await sources.all(deps.table)) {
    if (source.kind !== 'aws-backup' || source.location !== detail.resourceArn || source.status === 'erased') continue;
    const subject = `${source.tenant}/${source.name}`;
    const message = `A copy of ${subject} was made in ${into}, where Tenure deletes nothing: it expires by the rules of that vault, and an erasure of ${subject} waits for it where Tenure can see it.`;
    await raiseAlert(deps, { kind: 'copy-elsewhere', subject, tenant: source.tenant, message });
    told++;
  }
  return { outcome: told > 0 ? ('told' as const) : ('ignored' as const) };
}
