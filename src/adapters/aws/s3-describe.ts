import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { awsFault } from './aws-faults.ts';
import { type S3Location, s3Url } from './s3-location.ts';

/** Facts about a bucket that a report and a certificate must state; what may not be asked is said to be unknown. */
export async function describeBucket(client: S3Client, location: S3Location): Promise<Record<string, string>> {
  const Bucket = { Bucket: location.bucket };
  const [region, versioning, objectLock, replication, lifecycle, encryption] = await Promise.all([
    fact(client.send(new HeadBucketCommand(Bucket)), ({ BucketRegion }) => BucketRegion ?? 'not told'),
    fact(client.send(new GetBucketVersioningCommand(Bucket)), ({ Status }) =>
      Status === undefined ? 'never switched on' : Status === 'Enabled' ? 'on' : 'suspended: earlier versions remain',
    ),
    fact(client.send(new GetObjectLockConfigurationCommand(Bucket)), ({ ObjectLockConfiguration }) => {
      const { Mode, Days, Years } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
      const length = Days === undefined ? `${Years} years` : `${Days} days`;
      return Mode === undefined ? 'on, no default retention' : `on, default ${Mode} for ${length}`;
    }),
    fact(client.send(new GetBucketReplicationCommand(Bucket)), ({ ReplicationConfiguration }) => {
      const to = (ReplicationConfiguration?.Rules ?? [])
        .filter(({ Status }) => Status === 'Enabled')
        .map(({ Destination }) => Destination?.Bucket ?? 'a bucket');
      return to.length === 0 ? 'none' : `to ${[...new Set(to)].join(', ')}: copies there were not examined`;
    }),
    fact(client.send(new GetBucketLifecycleConfigurationCommand(Bucket)), ({ Rules = [] }) => {
      const active = Rules.filter(({ Status }) => Status === 'Enabled').map(({ ID }) => ID ?? 'without a name');
      return active.length === 0 ? 'none' : `${active.length} rules: ${active.slice(0, 10).join(', ')}`;
    }),
    fact(client.send(new GetBucketEncryptionCommand(Bucket)), ({ ServerSideEncryptionConfiguration }) => {
      const rule = ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
      return rule === undefined ? 'none by default' : `${rule.SSEAlgorithm} by default`;
    }),
  ]);
  return {
    location: s3Url(location),
    ...{ region, versioning, objectLock, replication, lifecycle, encryption },
    // Tenure has no right to change the policy of a customer's bucket, so it cannot keep others from writing.
    writes: 'were possible during the erasure',
    notBackedUp: 'tags, access control lists, earlier versions, retention and legal holds of objects',
  };
}

/** What an answer says; "none" where there is no such configuration. */
async function fact<T>(answer: Promise<T>, told: (answer: T) => string): Promise<string> {
  try {
    return told(await answer);
  } catch (error) {
    const { status, name } = awsFault(error);
    if (status === 403) return 'not known: access denied';
    if (status === 404 && !/^NoSuchBucket/.test(name)) return 'none';
    return `not known: ${name}`;
  }
}
