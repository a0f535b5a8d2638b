import { S3Client } from '@aws-sdk/client-s3';
import { AdaptiveConcurrency } from './adaptive-concurrency.ts';
import { type AwsPlace, clientConfig } from './aws-client.ts';

/** An S3 and, where buckets belong to another account, the role to take on for them. */
export interface S3Place extends AwsPlace {
  assume?: { roleArn: string; externalId?: string };
}

/** Milliseconds until a connection must stand. */
const CONNECT_MS = 5_000;
/** Milliseconds without a byte after which a connection counts as dead; the attempt is made again. */
const SILENCE_MS = 30_000;
/** Sockets that are kept open; more than requests at once, since bodies are still being read when the next one goes out. */
const SOCKETS = 128;

/**
 * A client for S3, or what speaks like it: path style where an endpoint is set, a checksum on every put, checked on every get
 * where the store has one, retries with backoff and jitter, sockets that are kept, and as many requests at once as the store
 * takes ({@link AdaptiveConcurrency}).
 *
 * @param place `endpoint` or AWS_ENDPOINT_URL: another S3. `assume`: the role is taken on with STS, and again before it lapses
 */
export function s3Client({ assume, ...place }: S3Place): S3Client {
  const endpoint = place.endpoint ?? process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  const sockets = { keepAlive: true, maxSockets: SOCKETS };
  const client = new S3Client({
    ...clientConfig(place),
    ...(assume === undefined ? {} : { credentials: assumedRole(place, assume) }),
    ...(endpoint === undefined || endpoint === '' ? {} : { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_SUPPORTED',
    responseChecksumValidation: 'WHEN_SUPPORTED',
    // A bucket answers from its own region, whichever the client was made for.
    followRegionRedirects: true,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      httpAgent: sockets,
      httpsAgent: sockets,
    },
  });
  const concurrency = new AdaptiveConcurrency();
  const inTurn =
    <A, R>(next: (args: A) => Promise<R>) =>
    async (args: A): Promise<R> =>
      await concurrency.run(async () => await next(args));
  // Behind the retries: each attempt waits for its turn and is counted by itself.
  client.middlewareStack.addRelativeTo(inTurn, {
    name: 'adaptiveConcurrency',
    relation: 'after',
    toMiddleware: 'retryMiddleware',
  });
  return client;
}

/** Credentials of another account's role; the SDK asks again before they lapse. STS is loaded only where it is needed. */
function assumedRole(place: AwsPlace, { roleArn, externalId }: { roleArn: string; externalId?: string }) {
  let provider: Promise<() => Promise<Credentials>> | undefined;
  const load = async (): Promise<() => Promise<Credentials>> => {
    const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
    const { credentials, region, endpoint } = clientConfig(place);
    return fromTemporaryCredentials({
      ...(credentials === undefined ? {} : { masterCredentials: credentials }),
      params: {
        RoleArn: roleArn,
        RoleSessionName: 'tenure',
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      },
      clientConfig: { region, ...(endpoint === undefined ? {} : { endpoint }) },
    });
  };
  return async (): Promise<Credentials> => {
    provider ??= load();
    return await (await provider)();
  };
}

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}
