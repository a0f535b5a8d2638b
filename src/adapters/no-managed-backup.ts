import { InvalidError } from '../domain/errors.ts';
import type { ManagedBackup } from '../ports/managed-backup.ts';

/** The ManagedBackup of a machine that has none: every call says so. */
export function noManagedBackup(): ManagedBackup {
  const refuse = async (): Promise<never> => {
    throw new InvalidError('this home has no managed backup service', {
      hint: 'Sources that AWS Backup protects come with the AWS deployment.',
    });
  };
  return {
    verify: refuse,
    vault: refuse,
    start: refuse,
    describe: refuse,
    list: refuse,
    delete: refuse,
    startRestoreTest: refuse,
    restoreTest: refuse,
    validateRestore: refuse,
    endRestoreTest: refuse,
  };
}
