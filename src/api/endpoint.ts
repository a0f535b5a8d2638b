import { createRoute, type RouteConfig, type RouteHandler, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Access, Api, ApiEnv } from './api.ts';
import { describedHeaders, idempotencyKey } from './described-headers.ts';
import { guard, guardFields } from './guard.ts';
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
  503: problem('A store does not answer, or others were changing the same; `Retry-After` says when to try again'),
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
  const factorFields = access === 'public' || access.mfa === true ? [] : (access.mfa?.fields ?? []);
  const middleware: MiddlewareHandler<ApiEnv>[] = [
    async (c, next) => {
      c.set('fields', fields);
      await next();
    },
    guard(access, config.path),
    ...(bodySchemaOf(config.request) === undefined ? [] : [jsonBody]),
    ...(factorFields.length === 0 ? [] : [guardFields(factorFields)]),
    ...(config.method === 'post' ? [idempotent] : []),
  ];
  const description = [config.description, factorText(access)].filter((part) => part !== undefined).join(' ');
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
    ...(description === '' ? {} : { description }),
    request,
    ...(config.method === 'post' ? { parameters: [idempotencyKey] } : {}),
    middleware,
    ...(access === 'public' ? {} : { security: [{ bearer: [...access.scopes] }] }),
    responses: describedHeaders(config.method, responses),
  });
  app.accesses.push({ method: config.method, path: config.path, access });
  app.openapi(route, handler as never);
}

/** What the description says of a second factor. */
function factorText(access: Access): string | undefined {
  if (access === 'public' || access.mfa === undefined) return undefined;
  const when =
    access.mfa === true ? 'It' : `A body with ${access.mfa.fields.map((name) => `\`${name}\``).join(' or ')}`;
  return `${when} needs a token that was given for a second factor; keys of machines cannot do this.`;
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
