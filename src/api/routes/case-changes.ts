import { z } from '@hono/zod-openapi';
import { changeCase } from '../../use-cases/change-case.ts';
import { statusToShow } from '../../use-cases/shown-status.ts';
import { dayField, textField } from '../../use-cases/text-fields.ts';
import type { Access, Api } from '../api.ts';
import { actorOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { caseParam, seenCase } from './case-access.ts';

const day = dayField().openapi({ format: 'date' });
const noted = z.strictObject({ note: textField(2000).optional() });
const untilDay = z.strictObject({
  until: day.openapi({
    description: 'From a customer at most 365 days after the case was opened; from an operator as far as needed',
  }),
});
const level = z.enum(['relayed', 'accepted', 'acknowledged']);
const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'must be the SHA-256 of the evidence, in hex' })
  .openapi({ description: 'SHA-256 (hex) of a scan or reply that proves it' });
const delivery = z.string().regex(/^d\d{1,4}$/, { error: 'is no id of a delivery' });
const nothing = z.strictObject({});

/** One thing that can happen to a case through the API. */
interface Change {
  name: string;
  summary: string;
  access: Exclude<Access, 'public'>;
  body: z.ZodObject;
  /** `type` of the change; default: the name. */
  type?: string;
}

const customer = { scopes: ['tenant:self', 'operator'] } as const;
const operator = { scopes: ['operator'] } as const;
const money = { scopes: ['finance', 'operator'] } as const;

const changes: readonly Change[] = [
  {
    name: 'confirm',
    summary: 'Enter the code that was mailed: the request is real',
    access: customer,
    body: z.strictObject({ code: textField(40).min(1) }),
  },
  { name: 'new-code', summary: 'Mail a new code; the one before counts no more', access: customer, body: nothing },
  { name: 'object', summary: 'Object: the clock stands still until it is settled', access: customer, body: noted },
  {
    name: 'extend',
    summary: 'Put the due day off',
    access: { scopes: ['tenant:self', 'finance', 'operator'] },
    body: untilDay,
  },
  { name: 'keep-until', summary: 'Obsolete data are wanted until a day', access: customer, body: untilDay },
  {
    name: 'cancel',
    summary: 'Take the case back',
    access: { scopes: ['tenant:self', 'finance', 'operator'] },
    body: noted,
  },
  {
    name: 'approve',
    summary: 'Agree to the erasure as a second person, with a second factor',
    access: { scopes: ['operator'], mfa: true },
    body: nothing,
  },
  {
    name: 'settle',
    summary: 'A dispute, promise or objection is settled: the clock goes on',
    access: money,
    body: noted,
  },
  {
    name: 'authorise',
    summary: 'Record why Tenure may erase, where the plan names no clause',
    access: operator,
    body: z.strictObject({
      authority: z.strictObject({ clause: textField(500).min(1), reference: textField(500).min(1) }),
    }),
  },
  {
    name: 'notify-contact',
    summary: 'Send the notice again, for instance to an address that was mended',
    access: operator,
    body: z.strictObject({ contact: z.int().min(0).max(100) }),
  },
  {
    name: 'notice-recorded',
    summary: 'Record a notice over another way than mail',
    access: operator,
    body: z.strictObject({
      contact: z.int().min(0).max(100),
      channel: z.enum(['registered-mail', 'post']),
      level,
      evidence: digest,
    }),
  },
  {
    name: 'notice-level',
    summary: 'Record that a notice has arrived, or was acknowledged',
    access: operator,
    body: z.strictObject({ delivery, level, evidence: digest }),
  },
  {
    name: 'bounce',
    summary: 'Record that a notice came back: its clock stops, the next contact is tried',
    access: operator,
    body: z.strictObject({ delivery, reason: textField(500).min(1) }),
  },
];

const changedSchema = z
  .object({ id: z.string(), tenant: z.string(), reason: z.string(), status: z.string() })
  .openapi('ChangedCase');

/** What can happen to a case: each is a POST of its own, so that each can be allowed for itself. */
export function defineCaseChanges(app: Api): void {
  for (const { name, summary, access, body, type = name } of changes) {
    endpoint(
      app,
      access,
      {
        method: 'post',
        path: `/v1/cases/{case}/${name}`,
        tags: ['Cases'],
        summary,
        request: { params: caseParam, body: { required: body !== nothing, ...json(body, 'Particulars') } },
        responses: { 200: json(changedSchema, 'The case as it is now') },
      },
      async (c) => {
        const { id, tenant } = await seenCase(c, c.req.valid('param').case);
        const given: unknown = c.req.valid('json');
        const after = await changeCase(c.get('deps'))({
          case: id,
          actor: actorOf(c.get('caller'), access.scopes),
          change: { type, ...(given as object) },
        });
        return c.json({ id, tenant, reason: after.reason, status: await statusToShow(c.get('deps'), after) }, 200);
      },
    );
  }
}
