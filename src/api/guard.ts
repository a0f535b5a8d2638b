import type { Context, MiddlewareHandler } from 'hono';
import type { Access, ApiEnv } from './api.ts';
import { narrowed } from './caller.ts';
import { sendProblem } from './problem.ts';
import { recordRefusal } from './refusals.ts';

/**
 * Lets in whom a route is for, as what the route is for. Who the caller is has been found out before; every attempt that is refused
 * goes on record.
 */
export function guard(access: Access, route: string): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    c.set('route', route);
    if (access === 'public') return await next();
    const caller = c.get('caller');
    const challenge = { 'www-authenticate': 'Bearer realm="tenure"' };
    const refusedCredential = c.get('refusedCredential');
    if (caller === undefined) {
      const why = refusedCredential === undefined ? 'no-credential' : 'credential';
      await recordRefusal(c, why);
      return sendProblem(c, { status: 401, code: 'unauthenticated' }, challenge);
    }
    if (!access.scopes.some((scope) => caller.scopes.has(scope))) {
      await recordRefusal(c, 'scope');
      return sendProblem(c, {
        status: 403,
        code: 'forbidden',
        detail: `this needs one of the scopes ${access.scopes.join(', ')}`,
      });
    }
    if (access.mfa === true && !caller.mfa) return await refuseOneFactor(c);
    c.set('caller', narrowed(caller, access.scopes));
    return await next();
  };
}

/**
 * Asks for a second factor where the body sets one of these fields; `false` sets nothing. Before the schema looks at it: what the
 * schema would refuse is no loss, and what it would take is asked about whatever kind of content it calls itself.
 */
export function guardFields(fields: readonly string[]): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (!c.get('caller').mfa && setsOneOf(await c.req.text(), fields)) return await refuseOneFactor(c);
    return await next();
  };
}

function setsOneOf(text: string, fields: readonly string[]): boolean {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return false;
    return Object.entries(body).some(([name, value]) => fields.includes(name) && value !== false);
  } catch {
    return false;
  }
}

async function refuseOneFactor(c: Context<ApiEnv>): Promise<Response> {
  await recordRefusal(c, 'mfa');
  return sendProblem(c, {
    status: 403,
    code: 'forbidden',
    detail: 'this needs a token that was given for a second factor',
    hint: 'Log in again with your second factor. Keys of machines cannot do this.',
  });
}
