import type { MiddlewareHandler } from 'hono';
import type { FieldFault } from '../domain/errors.ts';
import type { ApiEnv } from './api.ts';
import { problemOfIssues, sendProblem } from './problem.ts';

/** Deepest nesting of a body: no route takes more than a handful. */
const deepest = 32;

/**
 * Looks at a JSON body before its schema does, for what schemas do not see: bytes that are no UTF-8, which would be read as other
 * text than was sent; half characters, which no store takes; names that mean something to the language; nesting without end.
 */
export const jsonBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  // Another content type, or none, is answered by the route's own gate (415).
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(c.req.header('content-type') ?? '')) return await next();
  const fault = faultOfBytes(await c.req.arrayBuffer());
  return fault === undefined ? await next() : sendProblem(c, problemOfIssues('json', [fault]));
};

function faultOfBytes(bytes: ArrayBuffer): FieldFault | undefined {
  if (bytes.byteLength === 0) return { path: [], message: 'the body is empty' };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { path: [], message: 'the body is not UTF-8' };
  }
  try {
    return faultOfValue(JSON.parse(text));
  } catch {
    return { path: [], message: 'the body is no JSON' };
  }
}

/** Without recursion, since the depth is what is to be found out. */
function faultOfValue(body: unknown): FieldFault | undefined {
  const rest: { value: unknown; path: readonly PropertyKey[] }[] = [{ value: body, path: [] }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { value, path } = next;
    if (typeof value === 'string' && !value.isWellFormed()) return { path, message: 'holds half a character' };
    if (typeof value !== 'object' || value === null) continue;
    if (path.length >= deepest) return { path, message: `is nested deeper than ${deepest} levels` };
    for (const [name, inner] of Object.entries(value)) {
      if (name === '__proto__' || !name.isWellFormed()) return { path: [...path, name], message: 'is no field' };
      rest.push({ value: inner, path: [...path, Array.isArray(value) ? Number(name) : name] });
    }
  }
  return undefined;
}
