import { z } from '@hono/zod-openapi';
import { listRunLines } from '../../use-cases/show-run.ts';
import type { Api } from '../api.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageFrom, pageQuery, pageSchema } from '../pages.ts';
import { nameParam } from './executions.ts';

const readers = { scopes: ['operator', 'auditor'] } as const;

const lineSchema = z
  .looseObject({
    tenant: z.string(),
    source: z.string().optional(),
    status: z.enum(['planned', 'running', 'done', 'failed', 'busy', 'blocked', 'skipped']),
    reasons: z.array(z.string()),
    copies: z
      .array(z.object({ id: z.string(), at: z.string(), keep: z.boolean(), reasons: z.array(z.string()) }))
      .optional()
      .openapi({ description: 'Of an expiry, also of a dry run: every copy, whether it stays, and why' }),
  })
  .openapi('RunLine', { description: 'One thing that a run was about; particulars depend on the workflow' });

/** What executions did about each thing. */
export function defineExecutionItems(app: Api): void {
  endpoint(
    app,
    readers,
    {
      method: 'get',
      path: '/v1/executions/{name}/items',
      tags: ['Executions'],
      summary: 'What an execution did about each thing; of a dry run, what it would do',
      request: { params: nameParam, query: pageQuery },
      responses: { 200: json(pageSchema(lineSchema), 'A page of its items') },
    },
    async (c) => {
      const { name } = c.req.valid('param');
      const { items, next } = await pageFrom(
        c.req.valid('query'),
        async (range) => await listRunLines.typed(c.get('deps'), { name, ...range }),
        ({ key }) => key,
      );
      return c.json({ items: items.map(({ line }) => line), ...(next === undefined ? {} : { next }) }, 200);
    },
  );
}
