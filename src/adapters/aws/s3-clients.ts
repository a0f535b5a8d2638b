import type { S3Client } from '@aws-sdk/client-s3';
import type { AwsPlace } from './aws-client.ts';
import { s3Client } from './s3-client.ts';

/**
 * Clients of one place: one as Tenure itself, and one for each role that it takes on. Each keeps its sockets, its credentials and
 * what it has learned about how much the store takes.
 */
export function s3Clients(place: AwsPlace): (as: { role?: string; externalId?: string }) => S3Client {
  const clients = new Map<string, S3Client>();
  return ({ role, externalId }) => {
    const name = JSON.stringify([role, externalId]);
    const assume =
      role === undefined ? {} : { assume: { roleArn: role, ...(externalId === undefined ? {} : { externalId }) } };
    const client = clients.get(name) ?? s3Client({ ...place, ...assume });
    clients.set(name, client);
    return client;
  };
}
