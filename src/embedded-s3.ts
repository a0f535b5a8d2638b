import { lateSourceDriver } from './adapters/late.ts';
import type { RestoreFolder } from './deps.ts';
import type { Source } from './domain/source.ts';
import type { SourceDriver } from './ports/source-driver.ts';

/*
 * Buckets for a home on one machine. The SDK is loaded when the first bucket is spoken to: most commands need none. Credentials
 * come from where the AWS tools find them.
 */

/** The driver of a source of the kind `s3`. */
export function embeddedS3Driver(source: Source): SourceDriver {
  const capabilities = { restore: true, overwrite: false, delete: true, sweep: true, attributes: false };
  return lateSourceDriver(capabilities, async () => {
    const { s3SourceDriver } = await import('./adapters/aws/s3-source-driver.ts');
    return s3SourceDriver(source.location, { client: await clientAs(source) });
  });
}

/** A folder of a bucket as the target of a restore. */
export async function embeddedS3Folder(url: string, apartFrom: readonly string[]): Promise<RestoreFolder> {
  const { s3RestoreFolder } = await import('./adapters/aws/s3-restore-folder.ts');
  return await s3RestoreFolder(url, { client: await clientAs({}), never: [], apartFrom });
}

let clients: ReturnType<typeof import('./adapters/aws/s3-clients.ts')['s3Clients']> | undefined;

async function clientAs(as: Pick<Source, 'role' | 'externalId'>) {
  const { s3Clients } = await import('./adapters/aws/s3-clients.ts');
  // A bucket that lies elsewhere answers where, and the client goes there.
  clients ??= s3Clients({ region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1' });
  return clients(as);
}
