import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What a request to AWS asks for. */
export interface Asked {
  /** `S3.PutObject`, `DynamoDB.Query`, `SES.SendRawEmail`. */
  operation: string;
  /** The body, where it had to be read to find out. */
  body?: Buffer;
}

/** The first part of `X-Amz-Target`, without its version, as people call the service. */
const services: Record<string, string> = {
  DynamoDB: 'DynamoDB',
  TrentService: 'KMS',
  AWSStepFunctions: 'StepFunctions',
  AmazonSSM: 'SSM',
  AWSEvents: 'EventBridge',
  Logs: 'Logs',
};

/** Finds the operation of a request in any of AWS's protocols (JSON, query, REST). */
export async function operationOf(incoming: IncomingMessage): Promise<Asked> {
  const { headers, method = '' } = incoming;
  const url = new URL(incoming.url ?? '/', 'http://x');
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    const [service = '', name] = target.split('.');
    return { operation: `${services[service.replace(/_\d+$/, '')] ?? service}.${name}` };
  }
  const cbor = /\/service\/([^/]+)\/operation\/([^/]+)$/.exec(url.pathname);
  if (cbor !== null) return { operation: `${services[cbor[1]?.replace(/_\d+$/, '') ?? ''] ?? cbor[1]}.${cbor[2]}` };
  // Names the service in the scope of the signature: `…/us-east-1/s3/aws4_request`.
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([\w-]+)\//.exec(headers.authorization ?? '')?.[1] ?? 'unknown';
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    const body = await buffer(incoming);
    return { operation: `${service.toUpperCase()}.${new URLSearchParams(body.toString()).get('Action')}`, body };
  }
  if (service === 's3') return { operation: `S3.${s3Operation(method, url)}` };
  if (service === 'lambda') return { operation: `Lambda.${/\/invocations$/.test(url.pathname) ? 'Invoke' : method}` };
  return { operation: `${service}.${method}` };
}

/** The SDK names the operation in `x-id`, except where a sub-resource tells it. */
function s3Operation(method: string, { searchParams: query, pathname }: URL): string {
  const named = query.get('x-id');
  if (named !== null) return named;
  if (query.has('delete')) return 'DeleteObjects';
  if (query.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : 'ListMultipartUploads';
  if (query.has('uploadId')) return method === 'POST' ? 'CompleteMultipartUpload' : 'AbortMultipartUpload';
  if (query.has('versions')) return 'ListObjectVersions';
  if (query.has('list-type')) return 'ListObjectsV2';
  const [sub] = [...query.keys()].filter((key) => /^[a-z-]+$/.test(key) && !key.startsWith('x-'));
  const what = /^\/[^/]+\/./.test(pathname) ? 'Object' : 'Bucket';
  const verb = `${method[0]}${method.slice(1).toLowerCase()}`;
  return sub === undefined ? `${verb}${what}` : `${verb}${what}:${sub}`;
}
