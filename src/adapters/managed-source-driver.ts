import { InvalidError, NotFoundError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import type { ManagedBackup } from '../ports/managed-backup.ts';
import type { SourceDriver } from '../ports/source-driver.ts';

/**
 * A source that a managed service backs up: Tenure does not see into it. It lists nothing, and neither overwrites nor deletes
 * it; what is done to the resource itself is attested by a person. Several sources may name one resource (a shared database).
 */
export function managedSourceDriver(
  { location }: Pick<Source, 'location'>,
  managed: Pick<ManagedBackup, 'verify'>,
): SourceDriver {
  const refuse = async (): Promise<never> => {
    throw new InvalidError(`Tenure cannot change ${location} itself`, {
      hint: 'Delete it, or the customer’s part of it, by hand; then `tenure case attest` says so.',
    });
  };
  return {
    capabilities: { restore: false, overwrite: false, delete: false, sweep: false },
    verify: async () => await managed.verify(location),
    // Nothing of it can be listed.
    async *scan() {},
    open: async () => {
      throw new NotFoundError(`${location} has no objects that Tenure could read`);
    },
    overwrite: refuse,
    delete: refuse,
    // Whether it is still there is attested, not looked for.
    async *survivors() {},
    describe: async () => ({ resource: location, backedUpBy: 'AWS Backup' }),
  };
}
