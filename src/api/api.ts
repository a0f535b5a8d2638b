import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import type { AccessScope, Caller } from './caller.ts';
import type { RequestFields } from './problem.ts';
import type { Refusals } from './refusals.ts';

/** Who may use a route. `mfa`: with a second factor only, always or where the body sets one of the fields. */
export type Access = 'public' | { scopes: readonly AccessScope[]; mfa?: true | { fields: readonly string[] } };

/** What every handler finds in its context. */
export interface ApiEnv {
  Variables: {
    deps: Deps;
    refusals: Refusals;
    requestId: string;
    /** Names the call that an `Idempotency-Key` stands for: the same in each repetition of it, and in no later use of the key. */
    call: string | undefined;
    /** Past a guard with the scopes only that the route is for. Absent where a public route was shown no credential. */
    caller: Caller;
    /** Why the credential that was shown does not hold. */
    refusedCredential: string | undefined;
    /** Path of the route with its parameters' names, for logs and the ledger. */
    route: string;
    /** What the route takes; absent where nothing of the description matches. */
    fields: RequestFields | undefined;
  };
}

/** The app, and the routes that it has: a test holds this table against its own. */
export type Api = OpenAPIHono<ApiEnv> & { accesses: RouteAccess[] };

/** One route and who may use it. */
export interface RouteAccess {
  method: string;
  path: string;
  access: Access;
}

/** What is logged of a request: never a path with its values, never a name. */
export interface RequestLine {
  method: string;
  route: string;
  status: number;
  ms: number;
  requestId: string;
  caller: string;
  /** Why the credential that was shown does not hold. */
  refused?: string;
  fault?: string;
}
