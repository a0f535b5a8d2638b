import { z } from '@hono/zod-openapi';
import type { RestoreJob } from '../../domain/restore-job.ts';
import { listRestores, showRestore, startRestore } from '../../use-cases/restore-jobs.ts';
import { pathField } from '../../use-cases/text-fields.ts';
import type { Api } from '../api.ts';
import { actorOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { pageOf, pageQuery, pageSchema } from '../pages.ts';

const operators = ['operator'] as const;
const access = { scopes: operators };

const restoreSchema = z
  .object({
    id: z.string(),
    tenant: z.string(),
    source: z.string(),
    snapshot: z.string(),
    to: z.string(),
    run: z.string().openapi({ description: 'Execution that carries it out' }),
    status: z.enum(['running', 'done', 'damaged', 'failed']),
    startedAt: z.string(),
    endedAt: z.string().optional(),
    objects: z.int().optional(),
    bytes: z.int().optional(),
    damaged: z.int().optional(),
    fault: z.string().optional(),
  })
  .openapi('Restore');

const newRestore = z.strictObject({
  snapshot: z.string().regex(/^[0-9a-f]{20}$/, { error: 'is no id of a snapshot' }),
  to: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
    error: 'must be the name of a folder: letters, digits, . _ -, at most 100',
  }),
  include: z.array(pathField(1024).min(1)).max(100).optional().openapi({ description: 'Patterns' }),
  paths: z.array(pathField(1024).min(1)).max(1000).optional(),
  force: z.boolean().optional().openapi({ description: 'Write over what is in the folder' }),
});

const restoreParam = z.object({ restore: z.string().regex(/^rs-[0-9a-f]{10}$/, { error: 'is no id of a restore' }) });

/** Restores into the server's restore folder. */
export function defineRestores(app: Api): void {
  endpoint(
    app,
    access,
    {
      method: 'post',
      path: '/v1/restores',
      tags: ['Restores'],
      summary: 'Restore a copy into a folder of the server',
      request: { body: { required: true, ...json(newRestore, 'What, and where to') } },
      responses: { 202: json(restoreSchema, 'The restore; `Location` is where it is looked at') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      const job = await startRestore(c.get('deps'))({ ...c.req.valid('json'), actor });
      return c.json(shown(job), 202, { location: `/v1/restores/${job.id}` });
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/restores',
      tags: ['Restores'],
      summary: 'Restores that were asked for here, by id',
      request: { query: pageQuery },
      responses: { 200: json(pageSchema(restoreSchema), 'A page of restores') },
    },
    async (c) => {
      const { items, next } = pageOf(await listRestores.typed(c.get('deps'), {}), c.req.valid('query'), ({ id }) => id);
      return c.json({ items: items.map(shown), ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  endpoint(
    app,
    access,
    {
      method: 'get',
      path: '/v1/restores/{restore}',
      tags: ['Restores'],
      summary: 'One restore',
      request: { params: restoreParam },
      responses: { 200: json(restoreSchema, 'The restore') },
    },
    async (c) => c.json(shown(await showRestore.typed(c.get('deps'), { id: c.req.valid('param').restore })), 200),
  );
}

/** Without what was chosen and who asked, which are in the ledger. */
function shown({
  include: _,
  paths: __,
  force: ___,
  requestedBy: ____,
  ...job
}: RestoreJob): z.infer<typeof restoreSchema> {
  return job;
}
