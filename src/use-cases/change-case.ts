import { z } from 'zod';
import type { CaseEvent } from '../domain/case-events.ts';
import { sealCode } from '../domain/confirmation.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { requireCaseEvent } from './apply-case-event.ts';
import { settleFailing } from './mail-report-effects.ts';
import { drawCode } from './open-among.ts';
import { dayField, textField } from './text-fields.ts';

const note = textField(2000).optional();
const level = z.enum(['relayed', 'accepted', 'acknowledged']);
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'give the SHA-256 of the evidence');

const input = z.object({
  case: z.string(),
  actor: actorInput,
  change: z.discriminatedUnion('type', [
    z.object({ type: z.literal('confirm'), code: textField(40).min(1) }),
    z.object({ type: z.literal('new-code') }),
    z.object({ type: z.literal('approve') }),
    z.object({ type: z.literal('cancel'), note }),
    z.object({ type: z.literal('object'), note }),
    z.object({ type: z.literal('settle'), note }),
    z.object({ type: z.literal('dispute'), note }),
    z.object({ type: z.literal('extend'), until: dayField() }),
    z.object({ type: z.literal('keep-until'), until: dayField() }),
    z.object({ type: z.literal('notify-contact'), contact: z.int().min(0) }),
    z.object({
      type: z.literal('notice-recorded'),
      contact: z.int().min(0),
      channel: z.enum(['registered-mail', 'post']),
      level,
      evidence: digest,
    }),
    z.object({ type: z.literal('notice-level'), delivery: z.string(), level, evidence: digest }),
    z.object({ type: z.literal('bounce'), delivery: z.string(), reason: textField(500) }),
    z.object({
      type: z.literal('authorise'),
      authority: z.object({ clause: textField(500).min(1), reference: textField(500).min(1) }),
    }),
  ]),
});

/** Something that a person does to a case: confirm, approve, object, extend, cancel and the like. A refusal is an error with the reason. */
export const changeCase = useCase(input, async (deps, { case: id, actor, change }) => {
  const at = deps.clock.now();
  const base = { actor, at };
  let event: CaseEvent;
  let secrets: { code: string } | undefined;
  if (change.type === 'new-code') {
    secrets = { code: drawCode(deps) };
    event = { ...base, type: 'new-code', code: sealCode(secrets.code, deps.random(16).toString('hex'), at) };
  } else if (change.type === 'authorise') {
    event = { ...base, type: 'authorise', authority: { ...change.authority, by: actor.id, at } };
  } else {
    event = { ...base, ...(JSON.parse(JSON.stringify(change)) as typeof change) } as CaseEvent;
  }
  const { case: after } = await requireCaseEvent(deps, id, event, secrets === undefined ? {} : { secrets });
  if (change.type === 'bounce' || change.type === 'notice-level') await settleFailing(deps, id, change.delivery);
  return after;
});
