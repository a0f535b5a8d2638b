import {
  type BackupClient,
  DescribeRecoveryPointCommand,
  type DescribeRecoveryPointOutput,
  paginateListBackupJobs,
  paginateListRecoveryPointsByBackupVault,
  paginateListRecoveryPointsByResource,
  type RecoveryPointByBackupVault,
} from '@aws-sdk/client-backup';
import type { ManagedHoldings, ManagedRecoveryPoint } from '../../ports/managed-backup.ts';
import { requireVault } from './aws-backup-vault.ts';
import { awsFault } from './aws-faults.ts';

/** What every call needs. */
export interface BackupPlace {
  client: BackupClient;
  /** Name of our vault. */
  vault: string;
  /** ARN of the role that AWS Backup takes on to back up and restore. */
  role: string;
}

/** States of a job that is going to leave a recovery point. */
const unended = ['CREATED', 'PENDING', 'RUNNING'] as const;

const statuses: Record<string, ManagedRecoveryPoint['status']> = {
  CREATING: 'creating',
  COMPLETED: 'completed',
  PARTIAL: 'partial',
  AVAILABLE: 'available',
  STOPPED: 'available',
  DELETING: 'deleting',
  EXPIRED: 'expired',
};

/** A point of our vault with what AWS Backup says of it, or `undefined` once it knows it no more. */
export async function findPoint(
  { client, vault }: BackupPlace,
  arn: string,
): Promise<(DescribeRecoveryPointOutput & { point: ManagedRecoveryPoint }) | undefined> {
  try {
    const found = await client.send(
      new DescribeRecoveryPointCommand({ BackupVaultName: vault, RecoveryPointArn: arn }),
    );
    return { ...found, point: pointOf({ ...found, RecoveryPointArn: arn }, vault) };
  } catch (error) {
    if (awsFault(error).name !== 'ResourceNotFoundException') throw error;
    // A vault that is not there answers the same: it must not make every point look erased.
    await requireVault({ client, vault });
    return undefined;
  }
}

/** Everything of one resource, in our vault and in others of this account and Region. */
export async function holdingsOf(place: BackupPlace, resource: string): Promise<ManagedHoldings> {
  const { client, vault } = place;
  await requireVault(place);
  const points = new Map<string, ManagedRecoveryPoint>();
  const ours = { BackupVaultName: vault, ByResourceArn: resource };
  for await (const page of paginateListRecoveryPointsByBackupVault({ client }, ours)) {
    for (const found of page.RecoveryPoints ?? []) points.set(found.RecoveryPointArn ?? '', pointOf(found, vault));
  }
  const elsewhere: ManagedRecoveryPoint[] = [];
  for await (const page of paginateListRecoveryPointsByResource({ client }, { ResourceArn: resource })) {
    for (const { BackupSizeBytes: bytes, BackupVaultName: of = '', ...rest } of page.RecoveryPoints ?? []) {
      const size = bytes === undefined ? {} : { BackupSizeInBytes: bytes };
      const point = pointOf({ ...rest, ...size, ResourceArn: resource }, of);
      if (of !== vault) elsewhere.push(point);
      // Two listings, each a little late in its own way: what either of them knows counts.
      else if (!points.has(point.arn)) points.set(point.arn, point);
    }
  }
  const byTime = (a: ManagedRecoveryPoint, b: ManagedRecoveryPoint) =>
    Date.parse(a.createdAt) - Date.parse(b.createdAt) || (a.arn < b.arn ? -1 : 1);
  return {
    points: [...points.values()].sort(byTime),
    elsewhere: elsewhere.sort(byTime),
    running: await runningJobs(place, resource),
  };
}

async function runningJobs({ client, vault }: BackupPlace, resource: string): Promise<string[]> {
  const ids: string[] = [];
  for (const state of unended) {
    const asked = { ByResourceArn: resource, ByBackupVaultName: vault, ByState: state };
    for await (const page of paginateListBackupJobs({ client }, asked)) {
      for (const { BackupJobId: id } of page.BackupJobs ?? []) if (id !== undefined) ids.push(id);
    }
  }
  return ids;
}

/** A point as the port has it. */
export function pointOf(
  found: Pick<
    RecoveryPointByBackupVault,
    'RecoveryPointArn' | 'ResourceArn' | 'CreationDate' | 'BackupSizeInBytes' | 'Status' | 'CalculatedLifecycle'
  >,
  vault: string,
): ManagedRecoveryPoint {
  const arn = found.RecoveryPointArn ?? '';
  const deleteAt = found.CalculatedLifecycle?.DeleteAt;
  return {
    arn,
    resource: found.ResourceArn ?? '',
    vault,
    createdAt: (found.CreationDate ?? new Date(0)).toISOString(),
    bytes: found.BackupSizeInBytes ?? 0,
    // A state that is not known yet is one in which the point is there.
    status: statuses[found.Status ?? ''] ?? 'completed',
    // AVAILABLE and STOPPED are states of continuous points alone; their ARNs say it too.
    continuous: found.Status === 'AVAILABLE' || found.Status === 'STOPPED' || arn.includes(':continuous:'),
    ...(deleteAt === undefined ? {} : { deleteAt: deleteAt.toISOString() }),
  };
}
