/** How every AWS client is made: where it speaks to, as whom, and how patient it is. */
export interface AwsPlace {
  /** For instance `eu-west-1`. */
  region: string;
  /** Speaks to this address instead of AWS's own: another S3, or an emulator. Default: AWS_ENDPOINT_URL, where it is set. */
  endpoint?: string;
  credentials?: ClientConfig['credentials'];
}

interface ClientConfig {
  region: string;
  endpoint?: string;
  credentials?: () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>;
  /** `adaptive` slows down on throttling before it tries again, with jitter. */
  retryMode: 'adaptive' | 'standard';
  maxAttempts: number;
}

/**
 * Configuration of an AWS client. Retries with backoff and jitter are the SDK's own: exponential, full jitter, at most
 * `maxAttempts` tries ("Retry behavior", AWS SDKs and Tools Reference Guide).
 */
export function clientConfig({ region, endpoint, credentials }: AwsPlace): ClientConfig {
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    retryMode: 'standard',
    maxAttempts: 6,
  };
}
