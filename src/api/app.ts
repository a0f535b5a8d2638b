import { randomUUID } from 'node:crypto';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import type { Deps } from '../deps.ts';
import type { Api, ApiEnv, RequestLine } from './api.ts';
import { authenticate } from './authenticate.ts';
import { isOtherTenant } from './caller.ts';
import { callerNotes } from './known-callers.ts';
import type { ApiMetrics } from './metrics.ts';
import { noSuchRoute } from './no-such-route.ts';
import { opendsrAnswers } from './opendsr-answers.ts';
import { pageAnswers } from './page-answers.ts';
import { problemOf, problemOfIssues, sendProblem } from './problem.ts';
import { type RateLimits, rateLimit } from './rate-limit.ts';
import { callerMark, recordRefusal } from './refusals.ts';
import { defineMetrics } from './routes/metrics.ts';
import { defineStripe, signedByStripe } from './routes/stripe.ts';
import { defineRoutes } from './routes.ts';
import { type OidcSettings, tokenVerifier } from './tokens.ts';

/** Largest body of a request that is not an upload. */
const largestBody = 1024 * 1024;

/** A certificate that is to be verified has at most 5 MB; the form around it is not counted. */
const largestUpload = 5 * 1000 * 1000 + 16 * 1024;
const uploads: ReadonlySet<string> = new Set(['/verify', '/v1/certificates/verify']);

/** Everything that differs between one machine and a deployment. */
export interface ApiOptions {
  /** The ports, anew for each request where the clock or the credentials may have changed. */
  deps: () => Promise<Deps> | Deps;
  oidc?: OidcSettings;
  /** Secrets of the Stripe endpoint, the current one first; without one there is no such route. */
  stripeSecrets?: readonly string[];
  /** Origins of browsers that may call; default none. */
  corsOrigins?: readonly string[];
  limits?: RateLimits;
  /** Address of the client, as far as it is to be believed. */
  addressOf: (c: unknown) => string;
  /** Shown at `/metrics`; a function has none, since each process would count for itself. */
  metrics?: ApiMetrics;
  log: (line: RequestLine) => void;
}

/** A hundred clients with one key each, and a form that somebody fills in. */
const defaultLimits: RateLimits = { perCaller: 600, perAddress: 120 };

/** Makes the HTTP API: the same app on one machine and behind API Gateway. */
export function makeApi(options: ApiOptions): Api {
  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      return sendProblem(c, problemOfIssues(result.target, result.error.issues));
    },
  }) as Api;
  app.accesses = [];
  let verify: ReturnType<typeof tokenVerifier> | undefined;
  const note = callerNotes();
  app.use(async (c, next) => {
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : randomUUID();
    const startedAt = performance.now();
    c.set('requestId', requestId);
    c.set('route', 'unknown');
    c.header('x-request-id', requestId);
    await next();
    const refused = c.get('refusedCredential');
    const line: RequestLine = {
      method: c.req.method,
      route: c.get('route'),
      status: c.res.status,
      ms: Math.round(performance.now() - startedAt),
      requestId,
      caller: callerMark(c.get('caller')),
      ...(refused === undefined ? {} : { refused }),
      ...(c.error === undefined ? {} : { fault: c.error.name }),
    };
    options.metrics?.observe(line);
    options.log(line);
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
      },
      referrerPolicy: 'no-referrer',
      strictTransportSecurity: 'max-age=31536000; includeSubDomains',
      xFrameOptions: 'DENY',
      // A page names its own policy.
      overwrite: false,
    }),
  );
  app.use(async (c, next) => {
    c.header('cache-control', 'no-store');
    await next();
  });
  for (const pages of ['/verify', '/c/*']) app.use(pages, pageAnswers);
  if (options.corsOrigins !== undefined && options.corsOrigins.length > 0) {
    app.use(
      cors({
        origin: [...options.corsOrigins],
        allowHeaders: ['authorization', 'content-type', 'idempotency-key'],
        exposeHeaders: ['location', 'retry-after', 'idempotent-replayed', 'x-request-id'],
      }),
    );
  }
  app.use(async (c, next) => {
    const deps = await options.deps();
    c.set('deps', deps);
    verify ??= tokenVerifier(deps.keys, options.oidc);
    const found = await authenticate(deps, verify, c.req.header('authorization'));
    if (found !== undefined && 'caller' in found) {
      c.set('caller', found.caller);
      await note(deps, found.caller);
    }
    if (found !== undefined && 'refused' in found) c.set('refusedCredential', found.refused);
    await next();
  });
  const limit = rateLimit(options.limits ?? defaultLimits, options.addressOf);
  const isSigned = signedByStripe(options.stripeSecrets ?? []);
  app.use(async (c, next) => ((await isSigned(c)) ? await next() : await limit(c, next)));
  app.use('/opendsr/*', opendsrAnswers);
  const [small, large] = [largestBody, largestUpload].map((maxSize) =>
    bodyLimit({
      maxSize,
      onError: (c) => sendProblem(c, { status: 413, code: 'too-large', detail: `a body has at most ${maxSize} bytes` }),
    }),
  ) as [MiddlewareHandler<ApiEnv>, MiddlewareHandler<ApiEnv>];
  app.use(async (c, next) => await (uploads.has(c.req.path) ? large : small)(c, next));
  app.onError(async (error, c) => {
    if (isOtherTenant(error)) {
      const { deps, requestId, route, caller } = c.var;
      await recordRefusal(deps, { requestId, route, why: 'other-tenant', caller });
    }
    const { problem, headers } = problemOf(error, c.get('fields'));
    return sendProblem(c, problem, headers);
  });
  app.notFound(noSuchRoute(app.accesses));
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'A token of the OIDC provider or of `tenure token`, or an API key (`tnr_…`).',
  });
  defineRoutes(app);
  if (options.stripeSecrets !== undefined) defineStripe(app, options.stripeSecrets);
  if (options.metrics !== undefined) defineMetrics(app, options.metrics);
  return app;
}
