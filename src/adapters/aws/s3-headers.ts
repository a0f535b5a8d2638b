import type { GetObjectCommandOutput, PutObjectCommandInput } from '@aws-sdk/client-s3';

const metaPrefix = 'x-amz-meta-';

/** Headers that belong to the object and are given back by a restore, as they stand in HTTP, in order of their names. */
export function headersOf(output: GetObjectCommandOutput): Record<string, string> {
  const found: Record<string, string | undefined> = {
    'cache-control': output.CacheControl,
    'content-disposition': output.ContentDisposition,
    'content-encoding': output.ContentEncoding,
    'content-language': output.ContentLanguage,
    'content-type': output.ContentType,
    expires: output.ExpiresString,
    'x-amz-storage-class': output.StorageClass,
    'x-amz-website-redirect-location': output.WebsiteRedirectLocation,
    ...Object.fromEntries(Object.entries(output.Metadata ?? {}).map(([name, value]) => [metaPrefix + name, value])),
  };
  const known = Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a put takes of headers. */
export type PutHeaders = Pick<
  PutObjectCommandInput,
  | 'CacheControl'
  | 'ContentDisposition'
  | 'ContentEncoding'
  | 'ContentLanguage'
  | 'ContentType'
  | 'Expires'
  | 'Metadata'
  | 'StorageClass'
  | 'WebsiteRedirectLocation'
>;

/**
 * The inverse of {@link headersOf}, for a put. The storage class is not brought back: where an object lies is the choice of the
 * bucket it goes to, and what is put into an archive class cannot be looked at afterwards.
 */
export function putHeaders(headers: Record<string, string>): PutHeaders {
  const expires = headers.expires === undefined ? undefined : new Date(headers.expires);
  const all: { [Name in keyof PutHeaders]: PutHeaders[Name] | undefined } = {
    CacheControl: headers['cache-control'],
    ContentDisposition: headers['content-disposition'],
    ContentEncoding: headers['content-encoding'],
    ContentLanguage: headers['content-language'],
    ContentType: headers['content-type'],
    // A date that is none was set by other means; S3's interface for puts takes dates only.
    Expires: expires === undefined || Number.isNaN(expires.getTime()) ? undefined : expires,
    WebsiteRedirectLocation: headers['x-amz-website-redirect-location'],
    Metadata: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        name.startsWith(metaPrefix) ? [[name.slice(metaPrefix.length), value]] : [],
      ),
    ),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
