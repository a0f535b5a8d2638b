import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { Deps } from '../../deps.ts';
import { InvalidError, UnavailableError } from '../../domain/errors.ts';
import type { LiveResult } from '../../ports/source-driver.ts';
import { bucketFault } from './s3-faults.ts';
import { decodedKey } from './s3-keys.ts';
import { parseS3Location, type S3Location, s3Url } from './s3-location.ts';
import { s3RestoreTarget } from './s3-restore-target.ts';
import { s3SourceDriver } from './s3-source-driver.ts';
import { pendingUploads } from './s3-uploads.ts';

/** Folders of a bucket in which copies are restored to be compared and thrown away. */
export function s3Scratch(options: { client: S3Client; bucket: string; prefix: string }): Deps['scratch'] {
  const { client, bucket } = options;
  const root = parseS3Location(`s3://${bucket}/${options.prefix}`);
  const placeOf = (name: string): S3Location => {
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/.test(name))
      throw new InvalidError(`"${name}" cannot name a scratch folder`);
    return { bucket, prefix: `${root.prefix}${name}/` };
  };
  const reader = (name: string) => s3SourceDriver(s3Url(placeOf(name)), { client });
  return {
    path: (name) => s3Url(placeOf(name)),
    target: async (name) => s3RestoreTarget(client, placeOf(name), { force: true }),
    reader,
    async remove(name, { goOn } = {}) {
      let failed = 0;
      const count = ({ result }: LiveResult): void => {
        if (result === 'failed' || result === 'locked') failed++;
      };
      await reader(name).delete({ all: true }, count, goOn === undefined ? {} : { goOn });
      if (failed === 0) return;
      throw new UnavailableError(`${failed} objects of the scratch folder ${s3Url(placeOf(name))} cannot be removed`, {
        hint: 'They are customer data in the clear: look at the policy and the locks of the scratch bucket.',
      });
    },
    async list() {
      // Parts of an upload that broke off are data too, and no list of objects shows them.
      const uploads = (await pendingUploads(client, bucket, root.prefix)) ?? [];
      const names = new Set(uploads.map(({ key }) => key.slice(root.prefix.length).split('/')[0] ?? ''));
      let ContinuationToken: string | undefined;
      do {
        const page = await client
          .send(
            new ListObjectsV2Command({
              ...{ Bucket: bucket, Prefix: root.prefix, Delimiter: '/', EncodingType: 'url' },
              ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
            }),
          )
          .catch((error: unknown) => {
            throw bucketFault(error, bucket, `scratch folders of ${s3Url(root)} cannot be listed`);
          });
        for (const { Prefix = '' } of page.CommonPrefixes ?? []) {
          names.add(decodedKey(Prefix, page.EncodingType).slice(root.prefix.length, -1));
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      return [...names].sort();
    },
  };
}
