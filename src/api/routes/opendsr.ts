import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { opendsrVersion } from '../../domain/opendsr.ts';
import { supportedIdentities } from '../../domain/opendsr-identity.ts';
import { opendsrBody, requestIdField } from '../../use-cases/opendsr-fields.ts';
import { cancelOpendsrRequest, showOpendsrRequest } from '../../use-cases/opendsr-requests.ts';
import { requireCertificate, requireOpendsr } from '../../use-cases/opendsr-signer.ts';
import { submitOpendsrRequest } from '../../use-cases/submit-opendsr-request.ts';
import type { Api, ApiEnv } from '../api.ts';
import { actorOf, seesAll } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { handlerRepeats } from '../idempotency.ts';
import { json } from '../json.ts';
import { certificatePath } from '../opendsr-answers.ts';

const controllers = ['tenant:self', 'operator'] as const;
const access = { scopes: controllers };
const tags = ['OpenDSR'];

const instant = z.string().openapi({ format: 'date-time' });
const param = z.object({ request: requestIdField });

const discoverySchema = z
  .object({
    api_version: z.string(),
    supported_identities: z.array(z.object({ identity_type: z.string(), identity_format: z.string() })),
    supported_subject_request_types: z.array(z.string()),
    processor_certificate: z.string().openapi({ format: 'uri' }),
  })
  .openapi('OpenDsrDiscovery');

const receiptSchema = z
  .object({
    controller_id: z.string(),
    expected_completion_time: instant,
    received_time: instant,
    encoded_request: z.string().openapi({ description: 'The body as it was received, in base64' }),
    subject_request_id: z.string(),
  })
  .openapi('OpenDsrReceipt');

const statusSchema = z
  .object({
    controller_id: z.string(),
    expected_completion_time: instant,
    subject_request_id: z.string(),
    request_status: z.enum(['pending', 'in_progress', 'completed', 'cancelled']),
    api_version: z.string(),
    results_url: z.string().optional().openapi({ description: 'The certificate, once there is one' }),
  })
  .openapi('OpenDsrStatus');

const cancellationSchema = z
  .object({
    controller_id: z.string(),
    received_time: instant,
    subject_request_id: z.string(),
    api_version: z.string(),
  })
  .openapi('OpenDsrCancellation');

/** Requests of other systems to erase, by OpenDSR 2.0 (github.com/opengdpr/OpenDSR). `opendsrAnswers` signs what is answered here. */
export function defineOpendsr(app: Api): void {
  // As bytes, before anything reads it as text: they are answered and compared as they came.
  app.use('/opendsr/requests', async (c, next) => {
    await c.req.arrayBuffer();
    await next();
  });

  endpoint(
    app,
    'public',
    {
      method: 'get',
      path: '/opendsr/discovery',
      tags,
      summary: 'What is supported, and where the certificate is. Every answer is signed: X-OpenDSR-Signature',
      responses: { 200: json(discoverySchema, 'What is supported') },
    },
    async (c) => {
      await requireOpendsr(c.get('deps'));
      return c.json(
        {
          api_version: opendsrVersion,
          supported_identities: supportedIdentities.map((each) => ({ ...each })),
          supported_subject_request_types: ['erasure'],
          processor_certificate: `${baseOf(c)}${certificatePath}`,
        },
        200,
      );
    },
  );

  endpoint(
    app,
    'public',
    {
      method: 'get',
      path: certificatePath,
      tags,
      summary: 'The certificate of the key that signs answers and callbacks, with its chain',
      responses: {
        200: { description: 'PEM', content: { 'application/pem-certificate-chain': { schema: z.string() } } },
      },
    },
    async (c) => {
      const { pem } = await requireCertificate(c.get('deps'));
      return c.body(pem, 200, { 'content-type': 'application/pem-certificate-chain' }) as never;
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'post',
      path: '/opendsr/requests',
      tags,
      summary: 'Ask for an erasure. A code that is mailed to the address on file confirms it.',
      request: { body: { required: true, ...json(opendsrBody, 'A request (OpenDSR, section 7)') } },
      responses: { 201: json(receiptSchema, 'It was taken; the same request again is answered the same') },
    },
    async (c) => {
      const bytes = Buffer.from(await c.req.arrayBuffer());
      const body = c.req.valid('json');
      const taken = await submitOpendsrRequest.typed(c.get('deps'), { ...controllerOf(c), bytes, body });
      const receipt = {
        controller_id: taken.controller,
        expected_completion_time: taken.expectedAt,
        received_time: taken.receivedAt,
        encoded_request: bytes.toString('base64'),
        subject_request_id: taken.requestId,
      };
      // It names people: whoever keeps answers for a repetition asks again instead.
      return c.json(receipt, 201, { [handlerRepeats]: 'true', location: `/opendsr/requests/${taken.requestId}` });
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/opendsr/requests/{request}',
      tags,
      summary: 'Where a request stands',
      request: { params: param },
      responses: { 200: json(statusSchema, 'Its status') },
    },
    async (c) => {
      const asked = { ...controllerOf(c), requestId: c.req.valid('param').request, base: baseOf(c) };
      const { request, standing } = await showOpendsrRequest.typed(c.get('deps'), asked);
      return c.json(
        {
          controller_id: request.controller,
          subject_request_id: request.requestId,
          api_version: opendsrVersion,
          ...standing,
        },
        200,
      );
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'delete',
      path: '/opendsr/requests/{request}',
      tags,
      summary: 'Take a request back, while it is pending',
      request: { params: param },
      responses: { 202: json(cancellationSchema, 'It is taken back') },
    },
    async (c) => {
      const deps = c.get('deps');
      const asked = { ...controllerOf(c), requestId: c.req.valid('param').request };
      const { controller, requestId } = await cancelOpendsrRequest.typed(deps, asked);
      return c.json(
        {
          controller_id: controller,
          received_time: deps.clock.now(),
          subject_request_id: requestId,
          api_version: opendsrVersion,
        },
        202,
      );
    },
  );
}

/** The caller as a controller: a customer's own system speaks about that customer alone. */
function controllerOf(c: Context<ApiEnv>) {
  const caller = c.get('caller');
  const actor = actorOf(caller, controllers);
  return { actor, ...(seesAll(caller) ? {} : { own: caller.tenant ?? '' }) };
}

/** Where the API is reached: as it is set, else as this caller has reached it. */
function baseOf(c: Context<ApiEnv>): string {
  const { publicUrl } = c.get('deps').settings;
  return publicUrl === undefined ? new URL(c.req.url).origin : publicUrl.replace(/\/$/, '');
}
