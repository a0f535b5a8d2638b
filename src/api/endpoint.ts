import { createRoute, type RouteConfig, type RouteHandler, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Access, Api, ApiEnv } from './api.ts';
import { describedHeaders, idempotencyKey } from './described-headers.ts';
import { guard } from './guard.ts';
import { idempotent } from './idempotency.ts';
import { jsonBody } from './json-body.ts';
import { operationId } from './operation-id.ts';
import { problemSchema, type RequestFields } from './problem.ts';

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

const everywhere = {
  400: problem('The request cannot be used; `errors` points to the fields'),
  429: problem('Too many requests; `Retry-After` says when'),
  500: problem('A fault of the program'),
  503: problem('A store does not answer; `Retry-After` says when'),
};

const guarded = {
  401: problem('No valid credential was shown'),
  403: problem('The credential does not allow it'),
};

const found = { 404: problem('There is no such thing, or none that the caller may see') };

const changing = {
  409: problem('It conflicts with what is on record, or a rule forbids it now'),
  413: problem('The body is too large'),
  415: problem('The body is of another kind than is wanted'),
};

/**
 * Adds one route: its guard, its problems in the description, and its line in the table of accesses. What the handler answers is
 * checked by the compiler against the route's own responses.
 */
export function endpoint<R extends RouteConfig>(
  app: Api,
  access: Access,
  config: R,
  handler: RouteHandler<R, ApiEnv>,
): void {
  const changes = config.method !== 'get';
  // A parameter that no route knows is refused like an unknown field of a body: it may be a filter, or a dry run, that was meant.
  const request = { query: z.strictObject({}), ...config.request };
  const fields = fieldsOf({ request });
  const middleware: MiddlewareHandler<ApiEnv>[] = [
    async (c, next) => {
      c.set('fields', fields);
      await next();
    },
    guard(access, config.path),
    ...(bodySchemaOf(config.request) === undefined ? [] : [jsonBody]),
    ...(config.method === 'post' ? [idempotent] : []),
  ];
  const responses = {
    ...everywhere,
    ...(access === 'public' ? {} : guarded),
    ...found,
    ...(changes ? changing : {}),
    ...config.responses,
  };
  const route = createRoute({
    operationId: operationId(config.method, config.path),
    ...config,
    request,
    ...(config.method === 'post' ? { parameters: [idempotencyKey] } : {}),
    middleware,
    ...(access === 'public' ? {} : { security: [{ bearer: [...access.scopes] }] }),
    responses: describedHeaders(config.method, responses),
  });
  app.accesses.push({ method: config.method, path: config.path, access });
  app.openapi(route, handler as never);
}

/** Schema of a route's JSON body; an upload has none. */
function bodySchemaOf(request: RouteConfig['request']): z.ZodType | undefined {
  const body = request?.body?.content['application/json'];
  const schema = body !== undefined && 'schema' in body ? body.schema : undefined;
  return schema instanceof z.ZodType ? schema : undefined;
}

/** Names of what a route takes. */
function fieldsOf({ request }: Pick<RouteConfig, 'request'>): RequestFields {
  return {
    json: namesOf(bodySchemaOf(request)),
    query: namesOf(request?.query),
    param: namesOf(request?.params),
  };
}

function namesOf(schema: unknown): ReadonlySet<string> {
  if (schema instanceof z.ZodDiscriminatedUnion) return new Set(schema.options.flatMap((each) => [...namesOf(each)]));
  return new Set(schema instanceof z.ZodObject ? Object.keys(schema.shape) : []);
}
