import type { MiddlewareHandler } from 'hono';
import type { Access, ApiEnv } from './api.ts';
import { sendProblem } from './problem.ts';
import { recordRefusal } from './refusals.ts';

/** Lets in whom a route is for. Who the caller is has been found out before; every attempt that is refused goes on record. */
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
    if (access.mfa === true && !caller.mfa) {
      await recordRefusal(c, 'mfa');
      return sendProblem(c, {
        status: 403,
        code: 'forbidden',
        detail: 'this needs a token that was given for a second factor',
        hint: 'Log in again with your second factor. Keys of machines cannot do this.',
      });
    }
    return await next();
  };
}
