import { z } from '@hono/zod-openapi';
import { startRun } from '../../use-cases/start-run.ts';
import { nameField } from '../../use-cases/tenant-fields.ts';
import type { Api } from '../api.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { executionSchema, shown } from './executions.ts';

const operators = { scopes: ['operator'] } as const;

const ofTenant = { tenant: nameField.optional() };
const ofSource = { ...ofTenant, source: nameField.optional() };

/**
 * Each kind with the options that `startRun` takes of it. Controls are no run: nothing of them is a workflow, they are evaluated
 * every hour and `GET /v1/controls` has the report.
 */
const newRun = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('backup'), ...ofSource, cadence: z.enum(['daily', 'weekly']).optional() })
      .openapi('BackupRun'),
    z.strictObject({ kind: z.literal('restore-test'), ...ofSource }).openapi('RestoreTestRun'),
    z
      .strictObject({
        kind: z.literal('expiry'),
        ...ofSource,
        dryRun: z.boolean().optional().openapi({ description: 'Only say what would stay and go: `items` has it' }),
        confirmed: z.boolean().optional().openapi({ description: 'Also where an unusually large share would go' }),
      })
      .openapi('ExpiryRun'),
    z.strictObject({ kind: z.literal('audit'), ...ofTenant }).openapi('AuditRun'),
    z.strictObject({ kind: z.literal('notice'), ...ofTenant }).openapi('NoticeRun'),
  ])
  .openapi('NewRun');

/** Runs of workflows: long work is answered with 202 and the place to look. */
export function defineRuns(app: Api): void {
  endpoint(
    app,
    operators,
    {
      method: 'post',
      path: '/v1/runs',
      tags: ['Executions'],
      summary: 'Start a workflow',
      request: { body: { required: true, ...json(newRun, 'What is to run') } },
      responses: { 202: json(executionSchema, 'The execution; `Location` is where it is looked at') },
    },
    async (c) => {
      const started = await startRun(c.get('deps'))({ ...c.req.valid('json'), requestedBy: c.get('caller').id });
      return c.json(shown(started.execution), 202, { location: `/v1/executions/${started.run}` });
    },
  );
}
