import type { NotFoundHandler } from 'hono';
import type { ApiEnv, RouteAccess } from './api.ts';
import { sendProblem } from './problem.ts';

/**
 * Answers what no route takes: 405 with `Allow` where the path is a route's and the method is not (RFC 9110 §15.5.6), else 404. It
 * goes by the table of routes alone, which the description shows to anybody: whether a path names something is not looked at.
 *
 * @param accesses of the app; routes may still be added
 */
export function noSuchRoute(accesses: readonly RouteAccess[]): NotFoundHandler<ApiEnv> {
  return (c) => {
    const methods = new Set(
      accesses.filter(({ path }) => isOf(path, c.req.path)).map(({ method }) => method.toUpperCase()),
    );
    if (methods.has('GET')) methods.add('HEAD');
    // A route may find nothing by itself.
    if (methods.size === 0 || methods.has(c.req.method))
      return sendProblem(c, { status: 404, code: 'not-found', detail: 'there is no such route' });
    const allow = [...methods].toSorted().join(', ');
    return sendProblem(
      c,
      { status: 405, code: 'method-not-allowed', detail: `this address takes ${allow}` },
      { allow },
    );
  };
}

/** Whether a path is of a route: parameters stand for one segment each. */
function isOf(route: string, path: string): boolean {
  const [wanted, found] = [route.split('/'), path.split('/')];
  if (wanted.length !== found.length) return false;
  return wanted.every((part, n) => part === found[n] || (part.startsWith('{') && found[n] !== ''));
}
