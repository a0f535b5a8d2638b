import { z } from '@hono/zod-openapi';
import { tenants } from '../../records.ts';
import { version } from '../../version.ts';
import type { Api } from '../api.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';

const healthSchema = z
  .object({ status: z.literal('ok'), version: z.string(), simulation: z.boolean() })
  .openapi('Health');

/** Whether the API can work at all: the catalog answers. */
export function defineHealth(app: Api): void {
  endpoint(
    app,
    'public',
    {
      method: 'get',
      path: '/healthz',
      tags: ['System'],
      summary: 'Whether the API can work',
      responses: { 200: json(healthSchema, 'The catalog answers') },
    },
    async (c) => {
      const { table, clock } = c.get('deps');
      await tenants.list(table, 'TENANTS', { limit: 1 });
      return c.json({ status: 'ok' as const, version, simulation: clock.simulated }, 200);
    },
  );
}
