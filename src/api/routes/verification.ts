import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { renderVerifyPage, type VerifyPageData } from '../../documents/pages/verify-page.ts';
import { InvalidError } from '../../domain/errors.ts';
import { checkCertificate, largestCertificate } from '../../use-cases/check-certificate.ts';
import { fieldError } from '../../use-cases/field-error.ts';
import type { Api, ApiEnv } from '../api.ts';
import { endpoint } from '../endpoint.ts';
import { neverKept } from '../idempotency.ts';
import { json } from '../json.ts';
import { localeOf, page, sendPage } from '../page-route.ts';
import { sendProblem } from '../problem.ts';

const verdictSchema = z
  .object({
    ok: z.boolean().openapi({ description: 'Genuine and unchanged, every byte' }),
    kind: z.enum(['json', 'pdf', 'unknown']),
    problems: z.array(z.string()),
    kid: z
      .string()
      .nullable()
      .openapi({ description: 'Key that signed what is certified, where the signature is good' }),
    certificate: z.object({ id: z.string(), simulation: z.boolean(), issuedAt: z.string() }).nullable().openapi({
      description: 'What is certified, where its signature is good; docs/documents-format.md describes it',
    }),
  })
  .openapi('CertificateVerdict');

const file = { type: 'string', format: 'binary' } as const;

/** As it is, or as a form sends it. */
const kinds = {
  'application/octet-stream': { schema: file },
  'application/pdf': { schema: file },
  'application/json': { schema: file },
  'multipart/form-data': {
    schema: { type: 'object' as const, properties: { file }, required: ['file'], additionalProperties: false },
  },
};

/** Anybody can have a certificate checked, on a page or by a call. The file is read, answered about, and forgotten. */
export function defineVerification(app: Api): void {
  page(app, 'get', '/verify', async (c) => shown(c, c.req.query('lang'), undefined, 200));

  page(app, 'post', '/verify', async (c) => {
    if (!/^multipart\/form-data\b/i.test(c.req.header('content-type') ?? '')) {
      return shown(c, c.req.query('lang'), { fault: 'nothing' }, 415);
    }
    const fields = await c.req.parseBody().catch(() => ({}) as Record<string, never>);
    const lang = typeof fields.lang === 'string' ? fields.lang : c.req.query('lang');
    const sent = fields.file;
    if (!(sent instanceof File) || sent.size === 0) return shown(c, lang, { fault: 'nothing' }, 400);
    if (sent.size > largestCertificate) return shown(c, lang, { fault: 'tooLarge' }, 413);
    const verdict = await checkCertificate(c.get('deps'), Buffer.from(await sent.arrayBuffer()));
    return shown(c, lang, { verdict }, 200);
  });

  endpoint(
    app,
    'public',
    {
      method: 'post',
      path: '/v1/certificates/verify',
      tags: ['Certificates'],
      summary: 'Verify a certificate: the file as it was received, PDF or JSON, at most 5 MB. It is not kept.',
      request: {
        body: {
          required: true,
          description: 'The file, byte for byte, or a form with it as its one part `file`',
          content: kinds,
        },
      },
      responses: { 200: json(verdictSchema, 'Whether it is genuine, and what it says') },
    },
    async (c) => {
      const bytes = await sentFile(c);
      if (bytes.length > largestCertificate) {
        return sendProblem(c, { status: 413, code: 'too-large', detail: 'a certificate has at most 5 MB' }) as never;
      }
      const { ok, kind, problems, kid, content } = await checkCertificate(c.get('deps'), bytes);
      const certificate: { id: string; simulation: boolean; issuedAt: string } | null = content ?? null;
      // It names a customer, and nothing of it is to be kept.
      c.header(neverKept, 'true');
      return c.json({ ok, kind, problems: problems.slice(0, 100), kid: kid ?? null, certificate }, 200);
    },
  );
}

/** The bytes that were sent, as they are or in a form. Other kinds are not guessed at: the bytes that are judged are those of the file. */
async function sentFile(c: Context<ApiEnv>): Promise<Buffer> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!Object.hasOwn(kinds, type)) {
    throw new HTTPException(415, { message: `a certificate is sent as ${Object.keys(kinds).join(', ')}` });
  }
  if (type !== 'multipart/form-data') {
    const bytes = Buffer.from(await c.req.arrayBuffer());
    if (bytes.length > 0) return bytes;
    throw new InvalidError('no file was sent', { hint: 'Send the bytes of the PDF or JSON.' });
  }
  const fields = await c.req.parseBody({ all: true }).catch(() => ({}) as Record<string, never>);
  const sent = fields.file;
  if (sent instanceof File && sent.size > 0 && Object.keys(fields).length === 1)
    return Buffer.from(await sent.arrayBuffer());
  throw fieldError(
    ['file'],
    'the form needs this one part, with the file',
    'Send it as `curl -F file=@certificate.pdf` does.',
  );
}

function shown(
  c: Context<ApiEnv>,
  lang: string | undefined,
  outcome: VerifyPageData['outcome'],
  status: 200 | 400 | 413 | 415,
): Response | Promise<Response> {
  const { settings, clock } = c.get('deps');
  const data = {
    company: settings.company,
    simulation: clock.simulated,
    ...(outcome === undefined ? {} : { outcome }),
  };
  return sendPage(c, renderVerifyPage(data, localeOf(c, lang)), status);
}
