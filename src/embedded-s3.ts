import { lateSourceDriver } from './adapters/late.ts';
import type { RestoreFolder } from './deps.ts';
import type { Source } from './domain/source.ts';
import type { SourceDriver } from './ports/source-driver.ts';

/*
 * Buckets for a home on one machine. The SDK is loaded when the first bucket is spoken to: most commands need none. Credentials
 * come from where the AWS tools find them.
 */

/** The driver of a source of the kind `s3`. */
export function embeddedS3Driver({ location, role, externalId }: Source): SourceDriver {
  const capabilities = { restore: true, overwrite: false, delete: true, sweep: true, attributes: false };
  return lateSourceDriver(capabilities, async () => {
    const { s3SourceDriver } = await import('./adapters/aws/s3-source-driver.ts');
    return s3SourceDriver(location, {
      client: await clientOf(
        role === undefined ? undefined : { roleArn: role, ...(externalId === undefined ? {} : { externalId }) },
      ),
    });
  });
}

/** A folder of a bucket as the target of a restore. */
export async function embeddedS3Folder(url: string, apartFrom: readonly string[]): Promise<RestoreFolder> {
  const { s3RestoreFolder } = await import('./adapters/aws/s3-restore-folder.ts');
  return await s3RestoreFolder(url, { client: await clientOf(undefined), never: [], apartFrom });
}

type Client = ReturnType<typeof import('./adapters/aws/s3-client.ts')['s3Client']>;

/** One client for each role: it keeps its sockets and its credentials. */
const clients = new Map<string, Client>();

async function clientOf(assume: { roleArn: string; externalId?: string } | undefined): Promise<Client> {
  const { s3Client } = await import('./adapters/aws/s3-client.ts');
  const name = JSON.stringify(assume ?? {});
  // A bucket that lies elsewhere answers where, and the client goes there.
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1';
  const client = clients.get(name) ?? s3Client({ region, ...(assume === undefined ? {} : { assume }) });
  clients.set(name, client);
  return client;
}
