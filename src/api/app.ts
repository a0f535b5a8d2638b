import { randomUUID } from 'node:crypto';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import type { Deps } from '../deps.ts';
import { type Admission, admit } from './admit.ts';
import type { Api, ApiEnv, RequestLine } from './api.ts';
import { isOtherTenant } from './caller.ts';
import type { ApiMetrics } from './metrics.ts';
import { noSuchRoute } from './no-such-route.ts';
import { opendsrAnswers } from './opendsr-answers.ts';
import { pageAnswers } from './page-answers.ts';
import { problemOf, problemOfIssues, sendProblem } from './problem.ts';
import { callerNames, makeRefusals, recordRefusal } from './refusals.ts';
import { defineMetrics } from './routes/metrics.ts';
import { defineStripe, signedByStripe } from './routes/stripe.ts';
import { defineRoutes } from './routes.ts';

/** Largest body of a request that is not an upload. */
const largestBody = 1024 * 1024;

/** A certificate that is to be verified has at most 5 MB; the form around it is not counted. */
const largestUpload = 5 * 1000 * 1000 + 16 * 1024;
const uploads: ReadonlySet<string> = new Set(['/verify', '/v1/certificates/verify']);

/** Everything that differs between one machine and a deployment. */
export interface ApiOptions extends Admission {
  /** The ports, anew for each request where the clock or the credentials may have changed. */
  deps: () => Promise<Deps> | Deps;
  /** Secrets of the Stripe endpoint, the current one first; without one there is no such route. */
  stripeSecrets?: readonly string[];
  /** Origins of browsers that may call; default none. */
  corsOrigins?: readonly string[];
  /** Shown at `/metrics`; a function has none, since each process would count for itself. */
  metrics?: ApiMetrics;
  log: (line: RequestLine) => void;
}

/** Makes the HTTP API: the same app on one machine and behind API Gateway. */
export function makeApi(options: ApiOptions): Api {
  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      return sendProblem(c, problemOfIssues(result.target, result.error.issues));
    },
  }) as Api;
  app.accesses = [];
  const refusals = makeRefusals();
  const nameOf = callerNames();
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
      caller: await nameOf(c.get('deps'), c.get('caller')),
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
    c.set('refusals', refusals);
    await refusals.settle(deps);
    await next();
  });
  const limit = admit(options);
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
    if (isOtherTenant(error)) await recordRefusal(c, 'other-tenant');
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
