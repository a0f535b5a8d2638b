import type { RouteConfig } from '@hono/zod-openapi';

type Responses = RouteConfig['responses'];

const header = (description: string, schema: object = { type: 'string' }) => ({ description, schema });

const location = { Location: header('Where to look: the path on this server, or of a 303 where the file lies') };
const retryAfter = { 'Retry-After': header('Seconds to wait', { type: 'integer', minimum: 0 }) };
const challenge = { 'WWW-Authenticate': header('The kind of credential that is asked for') };
const replayed = {
  'Idempotent-Replayed': header('The request was carried out before; this is the answer from then', {
    type: 'string',
    enum: ['true'],
  }),
};

/** By status, what an answer may bear. A 202 may be asked for again, a 409 may be of a request that is still under way. */
const byStatus: Record<string, object> = {
  201: location,
  202: { ...location, ...retryAfter },
  303: location,
  401: challenge,
  409: retryAfter,
  429: retryAfter,
  503: retryAfter,
};

/** The request header by which a POST is carried out once. */
export const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description: 'The same request again under the same key is answered as the first time, and does nothing',
  schema: { type: 'string' as const, minLength: 1, maxLength: 200, pattern: '^[\\x21-\\x7e]+$' },
};

/** The answers of a route with the headers that clients go by. */
export function describedHeaders(method: string, responses: Responses): Responses {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const known = { ...byStatus[status], ...(method === 'post' && status.startsWith('2') ? replayed : {}) };
      return [status, Object.keys(known).length === 0 ? response : { ...response, headers: known }];
    }),
  );
}
