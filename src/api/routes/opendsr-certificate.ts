import { z } from '@hono/zod-openapi';
import { NotFoundError } from '../../domain/errors.ts';
import { requestCertificate, setCertificate, showCertificate } from '../../use-cases/opendsr-certificate.ts';
import { textField } from '../../use-cases/text-fields.ts';
import type { Api } from '../api.ts';
import { actorOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';

const operators = ['operator'] as const;

const certificateSchema = z
  .object({
    domain: z.string(),
    issuer: z.string(),
    notBefore: z.string(),
    notAfter: z.string(),
    fingerprint: z.string(),
    selfSigned: z.boolean(),
    fault: z.string().nullable().openapi({ description: 'Why nothing can be signed with it' }),
  })
  .openapi('OpendsrCertificate');

const domain = textField(253).min(1).optional();

/** The certificate that OpenDSR's answers are signed under. On AWS nobody but the deployment signs, so its request is made here. */
export function defineOpendsrCertificate(app: Api): void {
  endpoint(
    app,
    { scopes: ['operator', 'auditor'] },
    {
      method: 'get',
      path: '/v1/opendsr/certificate',
      tags: ['OpenDSR'],
      summary: 'The certificate in use',
      responses: { 200: json(certificateSchema, 'The certificate') },
    },
    async (c) => {
      const found = await showCertificate.typed(c.get('deps'), {});
      if (found === undefined) {
        throw new NotFoundError('there is no certificate', {
          hint: 'Make a request for one, and bring in the answer.',
        });
      }
      return c.json(shown(found), 200);
    },
  );

  endpoint(
    app,
    { scopes: operators },
    {
      method: 'post',
      path: '/v1/opendsr/certificate-request',
      tags: ['OpenDSR'],
      summary: 'Make the request (PKCS #10) for a certificate authority to certify the signing key',
      request: {
        body: { required: true, ...json(z.strictObject({ domain }), 'The domain; default: that of the API') },
      },
      responses: { 200: json(z.object({ domain: z.string(), pem: z.string() }), 'The request') },
    },
    async (c) => {
      const { domain: named } = c.req.valid('json');
      return c.json(await requestCertificate.typed(c.get('deps'), named === undefined ? {} : { domain: named }), 200);
    },
  );

  endpoint(
    app,
    { scopes: operators, mfa: true },
    {
      method: 'put',
      path: '/v1/opendsr/certificate',
      tags: ['OpenDSR'],
      summary: 'Bring in the certificate, in place of the one before, with a second factor',
      request: {
        body: {
          required: true,
          ...json(
            z.strictObject({
              domain,
              pem: textField(64 * 1024).min(1),
            }),
            "The authority's answer: the certificate first, then who vouches for it",
          ),
        },
      },
      responses: { 200: json(certificateSchema, 'The certificate as it is in use now') },
    },
    async (c) => {
      const { domain: named, pem } = c.req.valid('json');
      const certificate = await setCertificate.typed(c.get('deps'), {
        ...(named === undefined ? {} : { domain: named }),
        pem,
        actor: actorOf(c.get('caller'), operators),
      });
      return c.json(shown({ certificate }), 200);
    },
  );
}

function shown({
  certificate: { domain: of, issuer, notBefore, notAfter, fingerprint, selfSigned },
  fault,
}: NonNullable<Awaited<ReturnType<typeof showCertificate.typed>>>): z.infer<typeof certificateSchema> {
  return { domain: of, issuer, notBefore, notAfter, fingerprint, selfSigned, fault: fault ?? null };
}
