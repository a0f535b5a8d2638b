import { makeApi } from '../../src/api/app.ts';
import type { AccessScope } from '../../src/api/caller.ts';
import { issueToken } from '../../src/use-cases/issue-token.ts';
import { type MemoryHome, memoryHome, type TestProcess } from '../workflows/memory-home.ts';
import { permittedPorts } from '../workflows/permitted-ports.ts';

/** A body as a test looks into it. */
// biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it.
type Answer = any;

/** The app over a home in memory. */
export interface OpenedApi {
  home: MemoryHome;
  process: TestProcess;
  app: ReturnType<typeof makeApi>;
  /** A bearer token of the home's own. */
  token(
    scope: AccessScope | readonly AccessScope[],
    options?: { tenant?: string; mfa?: boolean; subject?: string },
  ): Promise<string>;
  /** The same with other claims: what the home itself would not make, under its own signature. */
  forged(token: string, claims: Record<string, unknown>): Promise<string>;
  /** Sends JSON and reads JSON. */
  call(
    token: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: Answer }>;
}

/** Opens the app over an empty home. */
export async function openedApi(
  options: Parameters<typeof memoryHome>[0] = {},
  api: Partial<Parameters<typeof makeApi>[0]> = {},
): Promise<OpenedApi> {
  const home = await memoryHome(options);
  const process = home.process();
  const app = makeApi({
    // With no more rights than its function has on AWS.
    deps: () => permittedPorts('ServeApi', process.deps),
    addressOf: () => '127.0.0.1',
    log: () => undefined,
    limits: { perCaller: 1_000_000, perAddress: 1_000_000 },
    ...api,
  });
  return {
    home,
    process,
    app,
    async token(scope, { tenant, mfa = false, subject = [scope].flat().join('-') } = {}) {
      const { token } = await issueToken.typed(process.deps, {
        subject,
        scopes: [scope].flat(),
        mfa,
        ...(tenant === undefined ? {} : { tenant }),
        actor: { kind: 'operator', id: 'olga' },
      });
      return token;
    },
    async forged(token, changed) {
      const [header = '', payload = ''] = token.split('.');
      const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...changed };
      const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      const { signature } = await process.deps.keys.sign(Buffer.from(signed));
      return `${signed}.${signature.toString('base64url')}`;
    },
    async call(token, method, path, body, headers = {}) {
      const answer = await app.request(path, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const json = /json/.test(answer.headers.get('content-type') ?? '');
      return { status: answer.status, headers: answer.headers, body: json && text !== '' ? JSON.parse(text) : text };
    },
  };
}
