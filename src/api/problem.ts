import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { type ErrorCode, type FieldFault, TenureError } from '../domain/errors.ts';
import { asLeaving } from '../domain/lost-race.ts';
import { hintFor } from './hints.ts';

/** RFC 9457, with the fields that are wrong as JSON pointers (RFC 6901). */
export const problemSchema = z
  .object({
    type: z
      .string()
      .openapi({ description: 'What kind of problem, as a URI reference', example: '/problems/not-found' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    hint: z.string().optional().openapi({ description: 'What to do next' }),
    code: z.string().openapi({ example: 'not-found' }),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .openapi('Problem');

/** A problem before it is sent. */
export type Problem = Omit<z.infer<typeof problemSchema>, 'type' | 'title' | 'requestId'>;

const titles: Record<string, string> = {
  invalid: 'The request cannot be used',
  'not-found': 'There is no such thing',
  conflict: 'It conflicts with what is on record',
  blocked: 'A rule forbids it now',
  corrupt: 'Stored data is damaged',
  unavailable: 'Try again later',
  unauthenticated: 'No valid credential was shown',
  forbidden: 'The credential does not allow it',
  'too-large': 'The body is too large',
  'unsupported-media-type': 'The body is of another kind than is wanted',
  'too-many-requests': 'Too many requests',
  'method-not-allowed': 'The resource does not know this method',
  internal: 'A fault of the program',
};

const statuses: Record<ErrorCode, number> = {
  invalid: 400,
  'not-found': 404,
  conflict: 409,
  blocked: 409,
  corrupt: 500,
  unavailable: 503,
};

/** Sends a problem. A status of its own and headers (`Retry-After`, `WWW-Authenticate`) come from the caller. */
export function sendProblem(c: Context, problem: Problem, headers: Record<string, string> = {}): Response {
  const requestId = String(c.get('requestId') ?? '');
  const { hint, ...told } = problem;
  const said = hintFor(c.get('caller'), hint);
  const body = {
    type: `/problems/${problem.code}`,
    title: titles[problem.code] ?? 'The request failed',
    ...told,
    ...(said === undefined ? {} : { hint: said }),
    requestId,
  };
  return c.body(JSON.stringify(body), problem.status as 400, {
    ...headers,
    'content-type': 'application/problem+json',
  });
}

/** The fields that a route takes, by where they stand. */
export type RequestFields = Record<'json' | 'query' | 'param', ReadonlySet<string>>;

/**
 * What of an error may be told. A fault of the program tells nothing but its request id.
 *
 * @param fields of the route, to which the fields of a use case's input are led back
 */
export function problemOf(
  thrown: unknown,
  fields?: RequestFields,
): { problem: Problem; headers: Record<string, string> } {
  const error = asLeaving(thrown);
  if (error instanceof HTTPException) {
    const codes: Record<number, string> = { 400: 'invalid', 413: 'too-large', 415: 'unsupported-media-type' };
    const code = codes[error.status] ?? 'internal';
    return { problem: { status: error.status, code, detail: error.message }, headers: {} };
  }
  if (!(error instanceof TenureError)) return { problem: { status: 500, code: 'internal' }, headers: {} };
  const status = statuses[error.code];
  const told = error.code !== 'corrupt';
  const errors = fields === undefined ? [] : pointed(error.fields, fields);
  return {
    problem: {
      status,
      code: error.code,
      ...(told ? { detail: error.message } : {}),
      ...(told && error.hint !== undefined ? { hint: error.hint } : {}),
      ...(errors.length > 0 ? { errors } : {}),
    },
    headers: error.code === 'unavailable' ? { 'retry-after': '5' } : {},
  };
}

/**
 * Pointers to the fields of a request that a use case found fault with. Its input wraps them (`source.location` is `/location`), so
 * the outermost name that the route knows begins the pointer; what the route adds itself has none.
 */
function pointed(faults: readonly FieldFault[], fields: RequestFields): { pointer: string; detail: string }[] {
  return faults.flatMap(({ path, message }) => {
    for (const [depth, name] of path.entries()) {
      for (const where of ['json', 'query', 'param'] as const) {
        if (fields[where].has(String(name))) return [{ pointer: pointerTo(where, path.slice(depth)), detail: message }];
      }
    }
    return [];
  });
}

/** A request of a megabyte may be wrong in very many places, and what is said of each quotes it. */
const mostErrors = 50;
const longestText = 300;

/** RFC 6901. A field of the body by its path alone, any other below where it stands. */
function pointerTo(where: string, path: readonly PropertyKey[]): string {
  const parts = path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'));
  return [...(where === 'json' ? [''] : ['', where]), ...parts].join('/');
}

/** The problems of a request that its schema refuses, each with a pointer to the field. */
export function problemOfIssues(
  where: string,
  issues: readonly (FieldFault & { keys?: readonly string[] })[],
): Problem {
  const errors = issues
    .flatMap(({ path, message, keys }) =>
      // A strict object names the fields that it does not know in one issue of its own.
      keys === undefined ? [{ path, message }] : keys.map((key) => ({ path: [...path, key], message: 'is no field' })),
    )
    .slice(0, mostErrors)
    .map(({ path, message }) => ({
      pointer: pointerTo(where, path).slice(0, longestText),
      detail: message.slice(0, longestText),
    }));
  return {
    status: 400,
    code: 'invalid',
    detail: errors
      .map(({ pointer, detail }) => `${pointer}: ${detail}`)
      .join('; ')
      .slice(0, 2000),
    errors,
  };
}
