import { DeleteRecoveryPointCommand, DisassociateRecoveryPointCommand } from '@aws-sdk/client-backup';
import type { ManagedDeletion } from '../../ports/managed-backup.ts';
import { type BackupPlace, findPoint } from './aws-backup-points.ts';
import { requireVault } from './aws-backup-vault.ts';
import { awsFault } from './aws-faults.ts';

/** How often a point is looked at after its deletion was asked for: small ones are gone within seconds. */
const looks = 3;

/** Faults by which AWS Backup says that this point cannot be deleted, or not now. */
const refusals = [
  'InvalidRequestException',
  'InvalidParameterValueException',
  'InvalidResourceStateException',
  'AccessDeniedException',
];

/**
 * Deletes a recovery point and looks whether it is gone. The answer to the deletion itself counts for nothing: where the role
 * of the point lacks a right, AWS Backup answers 200, deletes nothing, and the point becomes EXPIRED (API reference,
 * DeleteRecoveryPoint).
 */
export async function deletePoint(
  place: BackupPlace,
  arn: string,
  pause: (ms: number) => Promise<void>,
): Promise<ManagedDeletion> {
  const before = await findPoint(place, arn);
  if (before === undefined) return { outcome: 'gone' };
  const { point } = before;
  if (point.status === 'deleting') return { outcome: 'deleting' };
  if (point.status === 'creating') return { outcome: 'refused', reason: 'its backup job still runs' };
  const refused = await ask(place, arn);
  if (refused === undefined) {
    const left = await look(place, arn, pause);
    if (left === undefined) return { outcome: 'gone' };
    if (left.point.status === 'deleting') return { outcome: 'deleting' };
    if (!point.continuous) return remains(left);
  }
  if (point.continuous) return await release(place, arn, pause);
  return await explain(place, refused ?? '', point.deleteAt);
}

/** The words of a refusal; other faults are thrown. */
async function ask({ client, vault }: BackupPlace, arn: string): Promise<string | undefined> {
  try {
    await client.send(new DeleteRecoveryPointCommand({ BackupVaultName: vault, RecoveryPointArn: arn }));
    return undefined;
  } catch (error) {
    const { name, message } = awsFault(error);
    if (name === 'ResourceNotFoundException') return undefined;
    if (!refusals.includes(name)) throw error;
    const { Locked: locked } = await requireVault({ client, vault });
    // Without a lock, a missing right is a fault of the deployment and not of this point.
    if (name === 'AccessDeniedException' && locked !== true) throw error;
    return message;
  }
}

async function look(place: BackupPlace, arn: string, pause: (ms: number) => Promise<void>) {
  let found = await findPoint(place, arn);
  for (let again = 1; again < looks && found !== undefined; again++) {
    await pause(1000 * 2 ** again);
    found = await findPoint(place, arn);
  }
  return found;
}

function remains({ Status, StatusMessage }: { Status?: string | undefined; StatusMessage?: string | undefined }): {
  outcome: 'refused';
  reason: string;
} {
  const why =
    Status === 'EXPIRED'
      ? 'AWS Backup could not delete it: the role that made it is gone or lacks a right'
      : 'AWS Backup answered that it is deleted, and it is still there';
  return { outcome: 'refused', reason: `${why} (${Status ?? 'no state'}${StatusMessage ? `: ${StatusMessage}` : ''})` };
}

/** Releases a continuous point to the service behind it, which keeps its data by its own retention. */
async function release(
  place: BackupPlace,
  arn: string,
  pause: (ms: number) => Promise<void>,
): Promise<ManagedDeletion> {
  const { client, vault } = place;
  try {
    await client.send(new DisassociateRecoveryPointCommand({ BackupVaultName: vault, RecoveryPointArn: arn }));
  } catch (error) {
    const { name, message } = awsFault(error);
    if (!refusals.includes(name) || name === 'AccessDeniedException') throw error;
    return await explain(place, message, undefined);
  }
  const left = await look(place, arn, pause);
  if (left === undefined) {
    return { outcome: 'gone', note: 'released to the service behind it, which keeps it by its own retention' };
  }
  return left.point.status === 'deleting' ? { outcome: 'deleting' } : remains(left);
}

async function explain(place: BackupPlace, message: string, deleteAt: string | undefined): Promise<ManagedDeletion> {
  const { Locked: locked } = await requireVault(place);
  return {
    outcome: 'refused',
    reason: locked === true ? `vault ${place.vault} is locked: ${message}` : message,
    ...(locked === true && deleteAt !== undefined ? { until: deleteAt } : {}),
  };
}
