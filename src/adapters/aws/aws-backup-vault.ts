import { type BackupClient, DescribeBackupVaultCommand, type DescribeBackupVaultOutput } from '@aws-sdk/client-backup';
import { NotFoundError } from '../../domain/errors.ts';
import { awsFault } from './aws-faults.ts';

/** Our vault, as AWS Backup describes it. @throws NotFoundError when it is not there */
export async function requireVault({
  client,
  vault,
}: {
  client: BackupClient;
  vault: string;
}): Promise<DescribeBackupVaultOutput> {
  try {
    return await client.send(new DescribeBackupVaultCommand({ BackupVaultName: vault }));
  } catch (error) {
    // A vault that does not exist is answered with AccessDenied as well, unless the policy lists it: both stop everything.
    if (awsFault(error).name !== 'ResourceNotFoundException') throw error;
    throw new NotFoundError(`the backup vault ${vault} does not exist`, {
      hint: 'It comes with the deployment: deploy again. Points of a vault that was deleted are not shown to be erased.',
      cause: error,
    });
  }
}
