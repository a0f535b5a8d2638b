import { z } from '@hono/zod-openapi';
import { nameField } from '../../use-cases/tenant-fields.ts';

const ofTenant = { tenant: nameField.optional() };
const ofSource = { ...ofTenant, source: nameField.optional() };

/**
 * Each kind with the options that `startRun` takes of it. Controls are no run: nothing of them is a workflow, they are evaluated
 * every hour and `GET /v1/controls` has the report.
 */
export const newRun = z
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
