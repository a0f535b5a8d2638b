import { z } from '@hono/zod-openapi';
import { systemStates } from '../../records.ts';
import { resumeDestruction, stopDestruction } from '../../use-cases/set-operator-stop.ts';
import { textField } from '../../use-cases/text-fields.ts';
import type { Api } from '../api.ts';
import { actorOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { json } from '../json.ts';

const operators = ['operator'] as const;

const stateSchema = z
  .object({
    stopped: z.object({ at: z.string(), by: z.string(), reason: z.string() }).nullable(),
    quarantined: z.object({ at: z.string(), reason: z.string() }).nullable(),
  })
  .openapi('SystemState');

/** The operator's stop: nothing destructive happens while it stands. */
export function defineSystem(app: Api): void {
  endpoint(
    app,
    { scopes: ['operator', 'auditor'] },
    {
      method: 'get',
      path: '/v1/system',
      tags: ['System'],
      summary: 'Whether everything destructive is stopped',
      responses: { 200: json(stateSchema, 'Stop and quarantine') },
    },
    async (c) => c.json(await stateOf(c.get('deps')), 200),
  );

  endpoint(
    app,
    { scopes: operators },
    {
      method: 'post',
      path: '/v1/system/stop',
      tags: ['System'],
      summary: 'Stop everything destructive at once',
      request: { body: { required: true, ...json(z.strictObject({ reason: textField(500).min(1) }), 'Why') } },
      responses: { 200: json(stateSchema, 'Stop and quarantine as they are now') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      await stopDestruction(c.get('deps'))({ ...c.req.valid('json'), actor });
      return c.json(await stateOf(c.get('deps')), 200);
    },
  );

  endpoint(
    app,
    { scopes: operators, mfa: true },
    {
      method: 'post',
      path: '/v1/system/resume',
      tags: ['System'],
      summary: 'Lift the stop, with a second factor',
      request: {
        body: {
          required: true,
          ...json(
            z.strictObject({
              confirm: z
                .array(z.enum(['clock', 'quarantine']))
                .max(2)
                .default([]),
            }),
            'What is confirmed besides',
          ),
        },
      },
      responses: { 200: json(stateSchema, 'Stop and quarantine as they are now') },
    },
    async (c) => {
      const actor = actorOf(c.get('caller'), operators);
      await resumeDestruction(c.get('deps'))({ ...c.req.valid('json'), actor });
      return c.json(await stateOf(c.get('deps')), 200);
    },
  );
}

async function stateOf({
  table,
}: {
  table: Parameters<typeof systemStates.read>[0];
}): Promise<z.infer<typeof stateSchema>> {
  const stop = (await systemStates.read(table, 'stop'))?.value;
  const quarantine = (await systemStates.read(table, 'quarantine'))?.value;
  return {
    stopped: stop === undefined ? null : { at: stop.at, by: stop.by, reason: stop.reason },
    quarantined: quarantine === undefined ? null : { at: quarantine.at, reason: quarantine.reason },
  };
}
