import { z } from '@hono/zod-openapi';
import { acknowledgeAlert, closeAlert } from '../../use-cases/change-alert.ts';
import { listAlerts, showAlert } from '../../use-cases/list-alerts.ts';
import { showControls } from '../../use-cases/show-controls.ts';
import { textField } from '../../use-cases/text-fields.ts';
import type { Api } from '../api.ts';
import { actorOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageOf, pageQuery, pageSchema } from '../pages.ts';

const auditors = { scopes: ['auditor', 'operator'] } as const;
const operators = ['operator'] as const;

const controlsSchema = z
  .object({
    at: z.string(),
    results: z.array(
      z.object({
        id: z.string(),
        subject: z.string(),
        status: z.enum(['pass', 'fail', 'exception']),
        reason: z.string(),
      }),
    ),
  })
  .openapi('ControlReport');

const alertSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    subject: z.string(),
    tenant: z.string().optional(),
    message: z.string(),
    status: z.enum(['open', 'acknowledged', 'closed']),
    count: z.int(),
    openedAt: z.string(),
    lastAt: z.string(),
    mailedAt: z.string().optional().openapi({ description: 'When the operator was told by mail' }),
    acknowledgedBy: z.string().optional(),
    closedAt: z.string().optional(),
    cause: z.string().optional(),
  })
  .openapi('Alert');

const alertParam = z.object({
  alert: z.string().regex(/^a-[0-9a-f]{10}$/, { error: 'is no id of an alert' }),
});

/** What an auditor reads: controls and alerts. */
export function defineProof(app: Api): void {
  endpoint(
    app,
    auditors,
    {
      method: 'get',
      path: '/v1/controls',
      tags: ['Proof'],
      summary: 'The newest report of the controls',
      responses: { 200: json(controlsSchema, 'Each control with its result and reason') },
    },
    async (c) => {
      const { at, results } = await showControls.typed(c.get('deps'), {});
      return c.json(
        { at, results: results.map(({ id, subject, status, reason }) => ({ id, subject, status, reason })) },
        200,
      );
    },
  );

  endpoint(
    app,
    auditors,
    {
      method: 'get',
      path: '/v1/alerts',
      tags: ['Proof'],
      summary: 'Alerts, by id: those that are open, or all',
      request: { query: pageQuery.extend({ all: z.enum(['true', 'false']).optional() }) },
      responses: { 200: json(pageSchema(alertSchema), 'A page of alerts') },
    },
    async (c) => {
      const { all, ...page } = c.req.valid('query');
      const found = await listAlerts.typed(c.get('deps'), { all: all === 'true' });
      const byId = found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const { items, next } = pageOf(byId, page, ({ id }) => id);
      return c.json({ items, ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    auditors,
    {
      method: 'get',
      path: '/v1/alerts/{alert}',
      tags: ['Proof'],
      summary: 'One alert, open or closed',
      request: { params: alertParam },
      responses: { 200: json(alertSchema, 'The alert') },
    },
    async (c) => c.json(await showAlert.typed(c.get('deps'), c.req.valid('param')), 200),
  );

  endpoint(
    app,
    { scopes: operators },
    {
      method: 'post',
      path: '/v1/alerts/{alert}/acknowledge',
      tags: ['Proof'],
      summary: 'Somebody looks after it',
      request: { params: alertParam },
      responses: { 200: json(alertSchema, 'The alert as it is now') },
    },
    async (c) => {
      const { alert } = c.req.valid('param');
      return c.json(
        await acknowledgeAlert.typed(c.get('deps'), { alert, actor: actorOf(c.get('caller'), operators) }),
        200,
      );
    },
  );

  endpoint(
    app,
    { scopes: operators },
    {
      method: 'post',
      path: '/v1/alerts/{alert}/close',
      tags: ['Proof'],
      summary: 'It is done with, and why',
      request: {
        params: alertParam,
        body: { required: true, ...json(z.strictObject({ cause: textField(500).min(1) }), 'What it was') },
      },
      responses: { 200: json(alertSchema, 'The alert as it is now') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      const { alert } = c.req.valid('param');
      return c.json(await closeAlert.typed(c.get('deps'), { alert, ...c.req.valid('json'), actor }), 200);
    },
  );
}
