import { z } from '@hono/zod-openapi';
import type { Execution } from '../../ports/workflows.ts';
import { listExecutions, machineField, retryExecution, showExecution } from '../../use-cases/show-execution.ts';
import { showRun } from '../../use-cases/show-run.ts';
import { startRun } from '../../use-cases/start-run.ts';
import type { Api } from '../api.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';
import { cursorAfter, foreignCursor, openCursor, pageQuery, pageSchema } from '../pages.ts';
import { newRun } from './new-run.ts';

const readers = { scopes: ['operator', 'auditor'] } as const;
const operators = { scopes: ['operator'] } as const;

const executionSchema = z
  .object({
    name: z.string(),
    machine: machineField,
    status: z.enum(['running', 'succeeded', 'failed', 'stopped']),
    killed: z.boolean().optional().describe('Its process is gone: it is `running` again once another takes it over'),
    startedAt: z.string(),
    endedAt: z.string().optional(),
    redrives: z.int(),
    error: z.object({ name: z.string(), message: z.string() }).optional(),
  })
  .openapi('Execution');

const placeSchema = z.strictObject({ startedAt: z.iso.datetime(), name: z.string(), machine: machineField });

const historySchema = z
  .object({ at: z.string(), type: z.string(), state: z.string().optional(), detail: z.string().optional() })
  .openapi('HistoryEvent');

export const nameParam = z.object({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, { error: 'is no name of an execution' }),
});

const answeredRun = z
  .object({
    tenant: z.string().optional(),
    source: z.string().optional(),
    cadence: z.enum(['daily', 'weekly']).optional(),
    dryRun: z.boolean().optional(),
    confirmed: z.boolean().optional(),
  })
  .openapi('AskedRun');

const shownSchema = executionSchema
  .extend({
    history: z.array(historySchema),
    asked: answeredRun.optional().openapi({ description: 'What the run was asked to do, where that is on record' }),
    outcome: z
      .enum(['ok', 'failed', 'blocked', 'busy', 'nothing-to-do'])
      .optional()
      .openapi({ description: 'How the run ended; a dry run has none' }),
    counts: z.record(z.string(), z.int()).optional().openapi({ description: 'How many of its items ended how' }),
  })
  .openapi('ExecutionWithHistory');

/** Runs of workflows: long work is answered with 202 and the place to look. */
export function defineExecutions(app: Api): void {
  endpoint(
    app,
    // Who confirms a run says yes to more copies going at once than the gate lets go by itself.
    { ...operators, mfa: { fields: ['confirmed'] } },
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

  endpoint(
    app,
    readers,
    {
      method: 'get',
      path: '/v1/executions',
      tags: ['Executions'],
      summary: 'Executions, newest first',
      request: {
        query: pageQuery.extend({
          machine: machineField.optional(),
          status: z.enum(['running', 'succeeded', 'failed', 'stopped']).optional(),
        }),
      },
      responses: { 200: json(pageSchema(executionSchema), 'A page of executions') },
    },
    async (c) => {
      const { limit, cursor, ...filter } = c.req.valid('query');
      const before = cursor === undefined ? {} : { before: placeOf(cursor) };
      const found = await listExecutions(c.get('deps'))({ ...filter, ...before, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      const more = found.length > limit && last !== undefined;
      return c.json(
        { items: items.map(shown), ...(more ? { next: cursorAfter(JSON.stringify(place(last))) } : {}) },
        200,
      );
    },
  );

  endpoint(
    app,
    readers,
    {
      method: 'get',
      path: '/v1/executions/{name}',
      tags: ['Executions'],
      summary: 'One execution with its history',
      request: { params: nameParam },
      responses: { 200: json(shownSchema, 'The execution') },
    },
    async (c) => {
      const { execution, history } = await showExecution.typed(c.get('deps'), c.req.valid('param'));
      const { asked, summary } = await showRun.typed(c.get('deps'), c.req.valid('param'));
      return c.json(
        {
          ...{ ...shown(execution), history },
          ...(asked === undefined ? {} : { asked: answeredRun.parse(asked) }),
          ...(summary === undefined ? {} : { outcome: summary.outcome, counts: summary.counts }),
        },
        200,
      );
    },
  );

  endpoint(
    app,
    operators,
    {
      method: 'post',
      path: '/v1/executions/{name}/retry',
      tags: ['Executions'],
      summary: 'Start a failed, stopped or killed execution again',
      request: { params: nameParam },
      responses: { 202: json(executionSchema, 'The execution; `Location` is where it is looked at') },
    },
    async (c) => {
      const { name } = c.req.valid('param');
      const execution = await retryExecution.typed(c.get('deps'), { name });
      return c.json(shown(execution), 202, { location: `/v1/executions/${name}` });
    },
  );
}

function place({ startedAt, name, machine }: z.infer<typeof placeSchema>): z.infer<typeof placeSchema> {
  return { startedAt, name, machine };
}

/** The execution that a cursor stands behind. @throws InvalidError */
function placeOf(cursor: string): z.infer<typeof placeSchema> {
  const key = openCursor(cursor);
  try {
    return placeSchema.parse(JSON.parse(key));
  } catch (cause) {
    throw foreignCursor(cause);
  }
}

/** Without input and output, which are ordinals. */
function shown({
  name,
  machine,
  status,
  killed,
  startedAt,
  endedAt,
  redrives,
  error,
}: Execution): z.infer<typeof executionSchema> {
  return {
    ...{ name, machine, status, startedAt, redrives },
    ...(killed === undefined ? {} : { killed }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(error === undefined ? {} : { error }),
  };
}
