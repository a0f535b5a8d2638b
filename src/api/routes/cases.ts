import { z } from '@hono/zod-openapi';
import type { Deps } from '../../deps.ts';
import { dueAtOf, shownEvent } from '../../domain/case.ts';
import { pageOfCases } from '../../use-cases/list-cases.ts';
import { openCase } from '../../use-cases/open-case.ts';
import { showCase } from '../../use-cases/show-case.ts';
import { nameField } from '../../use-cases/tenant-fields.ts';
import { pathField, textField } from '../../use-cases/text-fields.ts';
import type { Api } from '../api.ts';
import { actorOf, assertSees, type Caller, noTenant, seesAll } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { hintFor } from '../hints.ts';
import { json } from '../json.ts';
import { pageFrom, pageOf, pageQuery, pageSchema } from '../pages.ts';
import { caseParam, noCase, seenCase } from './case-access.ts';

const readers = ['tenant:self', 'finance', 'operator', 'auditor'] as const;
const openers = ['tenant:self', 'operator'] as const;

const instant = z.string().openapi({ format: 'date-time' });
const scopeSchema = z.object({
  tenant: z.string(),
  source: z.string().optional(),
  paths: z.array(z.string()).optional(),
});

/** A case in a list. */
export const listedCaseSchema = z
  .object({
    id: z.string(),
    tenant: z.string(),
    reason: z.enum(['customer-request', 'non-payment', 'obsolete']),
    status: z.string().openapi({
      description:
        'Where it stands; `held` while a hold lies over it, which stops every destruction and changes nothing else',
    }),
    noticeSentAt: instant.nullable(),
    dueAt: instant.nullable(),
  })
  .openapi('ListedCase');

const caseSchema = listedCaseSchema
  .extend({
    scope: scopeSchema,
    openedAt: instant,
    note: z.string().optional(),
    openedBy: z
      .object({ kind: z.enum(['customer', 'finance', 'operator', 'system']), id: z.string() })
      .optional()
      .openapi({ description: 'For operators and auditors' }),
    authority: z
      .object({
        clause: z.string(),
        reference: z.string(),
        by: z.string().optional().openapi({ description: 'For operators and auditors' }),
        at: z.string(),
      })
      .optional(),
    destroyFrom: instant.nullable(),
    daysUntilDue: z.int().nullable(),
    invoices: z
      .array(
        z.object({
          invoice: z.string(),
          outstanding: z
            .object({
              currency: z.string(),
              minor: z.int().openapi({ description: 'In the smallest unit of the currency' }),
            })
            .optional()
            .openapi({
              description:
                'What is still open, as notices and the page of the case say it: part payments lower it. Absent once it is settled, and where no amount was ever told.',
            }),
          settledAt: instant.optional().openapi({ description: 'Since when nothing of it is open for this case' }),
        }),
      )
      .openapi({ description: 'What a case for non-payment is about' }),
    confirmedAt: instant.nullable(),
    obstacles: z.array(z.object({ code: z.string(), message: z.string(), hint: z.string().optional() })),
    holds: z.array(z.object({ id: z.string(), placedAt: z.string() })),
    certificate: z.object({ id: z.string(), issuedAt: z.string(), digest: z.string() }).nullable(),
  })
  .openapi('Case');

const timelineSchema = z
  .object({
    at: instant,
    event: z.string().openapi({
      description:
        'What happened, by the name of its route where it has one. `confirm`: the right code was entered; `wrong-code`: another one.',
    }),
    by: z.enum(['customer', 'finance', 'operator', 'system']),
    status: z
      .string()
      .openapi({ description: 'Of the case itself after the event; a hold, which lies over it, does not show' }),
    note: z.string().optional(),
  })
  .openapi('TimelineEntry');

const newCase = z.strictObject({
  tenant: nameField,
  source: nameField.optional(),
  paths: z.array(pathField(4096).min(1)).min(1).max(1000).optional(),
  reason: z.enum(['customer-request', 'obsolete']),
  note: textField(2000).optional(),
});

/** Cases: one reason to erase one scope, from the request to the certificate. */
export function defineCases(app: Api): void {
  endpoint(
    app,
    { scopes: readers },
    {
      method: 'get',
      path: '/v1/cases',
      tags: ['Cases'],
      summary: 'Cases that the caller may see, oldest first',
      request: {
        query: pageQuery.extend({ tenant: nameField.optional(), open: z.enum(['true', 'false']).optional() }),
      },
      responses: { 200: json(pageSchema(listedCaseSchema), 'A page of cases') },
    },
    async (c) => {
      const caller = c.get('caller');
      const { tenant, open, ...page } = c.req.valid('query');
      if (tenant !== undefined) assertSees(caller, tenant, () => noTenant(tenant));
      const own = seesAll(caller) ? tenant : caller.tenant;
      const filter = { open: open === 'true', ...(own === undefined ? {} : { tenant: own }) };
      const { items, next } = await pageFrom(
        page,
        async (range) => await pageOfCases.typed(c.get('deps'), { ...filter, ...range }),
        ({ key }) => key,
      );
      return c.json({ items: items.map(({ item }) => item), ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    { scopes: openers },
    {
      method: 'post',
      path: '/v1/cases',
      tags: ['Cases'],
      summary: 'Open a case. A request of a customer is confirmed by a code that is mailed to the address on file.',
      request: { body: { required: true, ...json(newCase, 'What is to be erased, and why') } },
      responses: { 201: json(caseSchema, 'The case') },
    },
    async (c) => {
      const caller = c.get('caller');
      const asked = c.req.valid('json');
      assertSees(caller, asked.tenant, () => noTenant(asked.tenant));
      const opened = await openCase(c.get('deps'))({ ...asked, actor: actorOf(caller, openers) });
      return c.json(await shown(c.get('deps'), opened.id, caller), 201, { location: `/v1/cases/${opened.id}` });
    },
  );

  endpoint(
    app,
    { scopes: readers },
    {
      method: 'get',
      path: '/v1/cases/{case}',
      tags: ['Cases'],
      summary: 'One case: where it stands, what is in its way, how long it still takes',
      request: { params: caseParam },
      responses: { 200: json(caseSchema, 'The case') },
    },
    async (c) => {
      const { id } = await seenCase(c, c.req.valid('param').case);
      return c.json(await shown(c.get('deps'), id, c.get('caller')), 200);
    },
  );

  endpoint(
    app,
    { scopes: readers },
    {
      method: 'get',
      path: '/v1/cases/{case}/timeline',
      tags: ['Cases'],
      summary: 'What has happened to a case, oldest first',
      request: { params: caseParam, query: pageQuery },
      responses: { 200: json(pageSchema(timelineSchema), 'A page of events') },
    },
    async (c) => {
      const { timeline } = await seenCase(c, c.req.valid('param').case);
      const numbered = timeline.map((entry, index) => ({ entry, key: String(index).padStart(8, '0') }));
      const { items, next } = pageOf(numbered, c.req.valid('query'), ({ key }) => key);
      const events = items.map(({ entry: { at, event, actor, status, note } }) => ({
        ...{ at, event: shownEvent({ event, status }), by: actor.kind, status },
        ...(note === undefined ? {} : { note }),
      }));
      return c.json({ items: events, ...(next === undefined ? {} : { next }) }, 200);
    },
  );
}

/** A case as the API shows it: without addresses and codes; names of persons for those only who look after the operator's people. */
async function shown(deps: Deps, id: string, { scopes }: Caller): Promise<z.infer<typeof caseSchema>> {
  const { case: value, status, holds, obstacles, countdown, certificate } = await showCase.typed(deps, { case: id });
  if (value.id !== id) throw noCase(id);
  const named = scopes.has('operator') || scopes.has('auditor');
  return {
    id,
    tenant: value.tenant,
    reason: value.reason,
    status,
    scope: value.scope,
    openedAt: value.openedAt,
    ...(named ? { openedBy: value.openedBy } : {}),
    ...(value.note === undefined ? {} : { note: value.note }),
    ...(value.authority === undefined
      ? {}
      : {
          authority: {
            clause: value.authority.clause,
            reference: value.authority.reference,
            ...(named ? { by: value.authority.by } : {}),
            at: value.authority.at,
          },
        }),
    noticeSentAt: value.noticeSentAt ?? null,
    dueAt: dueAtOf(value as Parameters<typeof dueAtOf>[0]) ?? null,
    destroyFrom: countdown?.destroyFrom ?? null,
    daysUntilDue: countdown?.daysUntilDue ?? null,
    invoices: value.invoices.map(({ invoice, outstanding, settledAt }) => ({
      invoice,
      ...(settledAt !== undefined ? { settledAt } : outstanding === undefined ? {} : { outstanding }),
    })),
    confirmedAt: value.confirmation?.confirmedAt ?? null,
    obstacles: obstacles.map(({ code, message, hint }) => {
      const said = hintFor({ scopes }, hint);
      return { code, message, ...(said === undefined ? {} : { hint: said }) };
    }),
    holds: holds.map(({ id: hold, placedAt }) => ({ id: hold, placedAt })),
    certificate: certificate ?? null,
  };
}
