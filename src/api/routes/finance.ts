import { z } from '@hono/zod-openapi';
import { statusToShow } from '../../use-cases/shown-status.ts';
import { takeFinanceEvent } from '../../use-cases/take-finance-event.ts';
import { nameField } from '../../use-cases/tenant-fields.ts';
import { dayField, lineField } from '../../use-cases/text-fields.ts';
import type { Api } from '../api.ts';
import { actorOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';

const scopes = ['finance', 'operator'] as const;

const day = dayField().openapi({ format: 'date' });

const eventSchema = z
  .strictObject({
    tenant: nameField,
    type: z.enum(['unpaid', 'part-paid', 'paid', 'disputed', 'promised-until', 'reversed']),
    invoice: lineField.max(100).optional(),
    amount: z
      .strictObject({
        currency: z.string().regex(/^[A-Z]{3}$/, { error: 'must be a currency such as EUR (ISO 4217)' }),
        minor: z.int().positive().openapi({ description: 'In the smallest unit of the currency' }),
      })
      .optional(),
    valueDate: day.optional(),
    until: day.optional().openapi({ description: 'With `promised-until`' }),
    payment: lineField.optional().openapi({ description: 'Reference of the payment: the same again changes nothing' }),
  })
  .openapi('FinanceEvent');

const takenSchema = z
  .object({
    tenant: z.string(),
    type: z.string(),
    case: z
      .object({ id: z.string(), status: z.string() })
      .nullable()
      .openapi({ description: 'The non-payment case that it is about; null where there is none' }),
    reason: z.string().optional().openapi({
      description:
        'Why no case is open for what is owed: another case is about the same data. One opens by itself, with full notice, when that has ended.',
    }),
  })
  .openapi('FinanceEventTaken');

/** What a finance system says about accounts. Payment cancels an erasure up to its first destructive step; then it is too late (409). */
export function defineFinance(app: Api): void {
  endpoint(
    app,
    { scopes },
    {
      method: 'post',
      path: '/v1/finance/events',
      tags: ['Finance'],
      summary: 'Say that something is unpaid, paid, disputed, promised or reversed',
      request: { body: { required: true, ...json(eventSchema, 'What happened') } },
      responses: { 200: json(takenSchema, 'What came of it') },
    },
    async (c) => {
      const event = c.req.valid('json');
      const call = c.get('call');
      // A repetition whose first answer was lost with the process is known by the domain as well.
      const payment = event.payment ?? (call === undefined ? undefined : `idem:${call}`);
      const actor = actorOf(c.get('caller'), scopes);
      const taken = await takeFinanceEvent(c.get('deps'))({ ...event, payment, actor });
      const { case: value, reason } = taken;
      return c.json(
        {
          tenant: event.tenant,
          type: event.type,
          case: value === undefined ? null : { id: value.id, status: await statusToShow(c.get('deps'), value) },
          ...(reason === undefined ? {} : { reason }),
        },
        200,
      );
    },
  );
}
