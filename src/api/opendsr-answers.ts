import type { Context, MiddlewareHandler } from 'hono';
import { TenureError } from '../domain/errors.ts';
import { signatureHeaders } from '../use-cases/opendsr-signer.ts';
import type { ApiEnv } from './api.ts';
import { type Problem, problemOf, sendProblem } from './problem.ts';

/** The certificate itself is what signatures are verified with: it is given out also when nothing can be signed. */
export const certificatePath = '/opendsr/certificate.pem';

/**
 * Every answer of OpenDSR is signed over its bytes (specification, section 8.3), problems too; those bear `error` in the form of the
 * specification as well (section 7.6), which RFC 9457 allows. Where nothing can be signed, a problem that says so goes out unsigned.
 */
export const opendsrAnswers: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  let body: Buffer = Buffer.from(await c.res.clone().arrayBuffer());
  if (/^application\/problem\+json/.test(c.res.headers.get('content-type') ?? '')) {
    body = withError(body);
    replace(c, body);
  }
  try {
    const headers = await signatureHeaders(c.get('deps'), body);
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
  } catch (error) {
    if (!(error instanceof TenureError)) throw error;
    if (!c.res.ok || c.req.path === certificatePath) return;
    const { problem, headers } = problemOf(error, c.get('fields'));
    const answer = sendProblem(c, problem, headers);
    c.res = answer;
    replace(c, withError(Buffer.from(await answer.clone().arrayBuffer())));
  }
};

function withError(body: Buffer): Buffer {
  const problem = JSON.parse(body.toString()) as Problem & { title: string };
  const { status: code, detail, title, errors } = problem;
  const message = detail ?? title;
  const domain = code === 400 ? 'Validation' : 'Processing';
  const reason = problem.code;
  const pointed = errors?.map(({ pointer, detail: why }) => ({ domain, reason, message: `${pointer}: ${why}` }));
  return Buffer.from(
    JSON.stringify({ ...problem, error: { code, message, errors: pointed ?? [{ domain, reason, message }] } }),
  );
}

function replace(c: Context<ApiEnv>, body: Buffer): void {
  const { status, headers } = c.res;
  c.res = new Response(new Uint8Array(body), { status, headers });
}
