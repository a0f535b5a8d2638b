import { z } from '@hono/zod-openapi';
import { listCertificates } from '../../use-cases/list-certificates.ts';
import { readCertificate } from '../../use-cases/read-certificate.ts';
import { nameField } from '../../use-cases/tenant-fields.ts';
import type { Api } from '../api.ts';
import { assertSees, noTenant, seesAll } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageOf, pageQuery, pageSchema } from '../pages.ts';
import { caseParam, seenCase } from './case-access.ts';

const access = { scopes: ['tenant:self', 'operator', 'auditor'] } as const;

const certificateSchema = z
  .object({ id: z.string(), case: z.string(), tenant: z.string(), issuedAt: z.string(), digest: z.string() })
  .openapi('ListedCertificate');

const bytes = (description: string, type: string) => ({
  description,
  content: { [type]: { schema: z.any().openapi({ type: 'string', format: 'binary' }) } },
});

/** Certificates of erasures, and the public keys that verify them. */
export function defineCertificates(app: Api): void {
  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/certificates',
      tags: ['Certificates'],
      summary: 'Certificates that the caller may see, by id',
      request: { query: pageQuery.extend({ tenant: nameField.optional() }) },
      responses: { 200: json(pageSchema(certificateSchema), 'A page of certificates') },
    },
    async (c) => {
      const caller = c.get('caller');
      const { tenant, ...page } = c.req.valid('query');
      if (tenant !== undefined) assertSees(caller, tenant, () => noTenant(tenant));
      const own = seesAll(caller) ? tenant : caller.tenant;
      const found = await listCertificates.typed(c.get('deps'), own === undefined ? {} : { tenant: own });
      const byId = found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const { items, next } = pageOf(byId, page, ({ id }) => id);
      return c.json({ items, ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  for (const [format, type] of [
    ['json', 'application/json'],
    ['pdf', 'application/pdf'],
  ] as const) {
    endpoint(
      app,
      access,
      {
        method: 'get',
        path: `/v1/cases/{case}/certificate.${format}`,
        tags: ['Certificates'],
        summary: `The certificate of a case, byte for byte as it was issued (${format})`,
        request: { params: caseParam },
        responses: { 200: bytes('The file', type) },
      },
      async (c) => {
        const { id } = await seenCase(c, c.req.valid('param').case);
        const { file, record } = await readCertificate.typed(c.get('deps'), { case: id, format });
        return c.body(new Uint8Array(file), 200, {
          'content-type': type,
          'content-disposition': `attachment; filename="${record.id}.${format}"`,
        });
      },
    );
  }

  endpoint(
    app,
    'public',
    {
      method: 'get',
      path: '/v1/keys/jwks',
      tags: ['Certificates'],
      summary: 'Public keys that verify certificates and seals (RFC 7517)',
      responses: {
        200: json(z.object({ keys: z.array(z.looseObject({ kid: z.string() })) }), 'The keys, the current one first'),
      },
    },
    async (c) => c.json({ keys: (await c.get('deps').keys.publicKeys()).map((key) => ({ ...key })) }, 200),
  );
}
