import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { takeStripeEvent } from '../../use-cases/take-stripe-event.ts';
import type { Api, ApiEnv } from '../api.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { sendProblem } from '../problem.ts';
import { recordRefusal } from '../refusals.ts';

/** Seconds by which Stripe's clock and ours may differ, either way. */
const toleranceSeconds = 300;

/** Where Stripe sends to. */
const path = '/v1/finance/stripe';

/** Largest body whose signature is looked at before limits are: that of any request which is no upload. Stripe says how long its are. */
const largestSigned = 1024 * 1024;

const takenSchema = z
  .object({
    outcome: z.enum(['taken', 'ignored', 'repeated', 'too-late']),
    reason: z
      .string()
      .optional()
      .openapi({ description: 'Why it was passed over, or why no case is open for what is owed' }),
  })
  .openapi('StripeEventTaken');

/**
 * Events of Stripe's. The library verifies the signature over the exact bytes; what lies in the future is refused as well, which it
 * does not do.
 *
 * @param secrets of the endpoint (`whsec_…`): during a change of the secret both hold
 */
export function defineStripe(app: Api, secrets: readonly string[]): void {
  endpoint(
    app,
    'public',
    {
      method: 'post',
      path,
      tags: ['Finance'],
      summary: 'Webhook of Stripe; the header `Stripe-Signature` proves where it comes from',
      request: { body: { required: true, ...json(z.looseObject({}), 'An event of Stripe’s') } },
      responses: { 200: json(takenSchema, 'What came of it') },
    },
    async (c) => {
      const deps = c.get('deps');
      const payload = await c.req.text();
      const event = await verified(payload, c.req.header('stripe-signature') ?? '', secrets, deps.clock.wall());
      if (event === undefined) {
        await recordRefusal(c, 'credential');
        return sendProblem(c, { status: 400, code: 'invalid', detail: 'the signature does not hold' }) as never;
      }
      const taken = await takeStripeEvent.typed(deps, { event });
      return c.json({ outcome: taken.outcome, ...('reason' in taken ? { reason: taken.reason } : {}) }, 200);
    },
  );
}

/**
 * Tells requests that bear a valid signature of Stripe's. They come all from a few addresses, on a billing day many in a minute, so
 * they are not counted with strangers; whatever does not hold is.
 *
 * @param secrets as of {@link defineStripe}
 */
export function signedByStripe(secrets: readonly string[]): (c: Context<ApiEnv>) => Promise<boolean> {
  return async (c) => {
    const header = c.req.header('stripe-signature');
    if (header === undefined || c.req.path !== path || c.req.method !== 'POST') return false;
    const length = Number(c.req.header('content-length') ?? Number.NaN);
    if (!(length <= largestSigned)) return false;
    const payload = Buffer.from(await c.req.arrayBuffer()).toString();
    return (await verified(payload, header, secrets, c.get('deps').clock.wall())) !== undefined;
  };
}

async function verified(
  payload: string,
  header: string,
  secrets: readonly string[],
  wallMs: number,
): Promise<{ id: string } | undefined> {
  const { default: Stripe } = await import('stripe');
  // Of several times we would judge one and the library verify another.
  const times = header.split(',').filter((item) => item.split('=')[0] === 't');
  const [, signedAt] = /^t=(\d{1,12})$/.exec(times.length === 1 ? (times[0] ?? '') : '') ?? [];
  if (signedAt === undefined || Math.abs(Number(signedAt) - wallMs / 1000) > toleranceSeconds) return undefined;
  for (const secret of secrets) {
    try {
      // The age was looked at above, by our own clock and in both directions.
      return await Stripe.webhooks.constructEventAsync(payload, header, secret, Number.MAX_SAFE_INTEGER);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw error;
    }
  }
  return undefined;
}
