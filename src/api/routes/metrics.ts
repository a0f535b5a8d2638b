import { z } from '@hono/zod-openapi';
import type { Api } from '../api.ts';
import { endpoint } from '../endpoint.ts';
import type { ApiMetrics } from '../metrics.ts';

/** `/metrics` for Prometheus, which shows a key with the scope `auditor` or `operator`. */
export function defineMetrics(app: Api, metrics: ApiMetrics): void {
  endpoint(
    app,
    { scopes: ['auditor', 'operator'] },
    {
      method: 'get',
      path: '/metrics',
      tags: ['System'],
      summary: 'Requests and posture in the exposition format of Prometheus',
      responses: { 200: { description: 'The metrics', content: { 'text/plain': { schema: z.string() } } } },
    },
    async (c) => {
      const { type, body } = await metrics.text(c.get('deps'));
      return c.text(body, 200, { 'content-type': type });
    },
  );
}
