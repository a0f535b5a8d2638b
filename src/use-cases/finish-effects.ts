import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { type Actor, systemActor } from '../domain/case-events.ts';
import { sealCode } from '../domain/confirmation.ts';
import { notices, pendingEffects } from '../records.ts';
import { applyCaseEvent, carryOut } from './apply-case-event.ts';
import { drawCode } from './open-among.ts';
import { noticeIdOf } from './send-case-mail.ts';

/** Carries out what a crash, or a mail server that did not answer, left undone for this case. */
export async function finishEffects(deps: Deps, value: Case): Promise<void> {
  const { others } = await pendingOf(deps, value);
  await carryOut(deps, value, others);
  await sendLostCode(deps, value, systemActor);
}

/**
 * Mails a new code instead of one whose mail never went out: that one is in nobody's memory any more. Where the customer has got a
 * later one, or needs none, nothing is sent.
 */
export async function sendLostCode(deps: Deps, value: Case, actor: Actor): Promise<void> {
  const { codes } = await pendingOf(deps, value);
  if (codes.length === 0) return;
  const gone = codes.map(({ id }) => pendingEffects.remove(value.id, id));
  const { salt } = (value.status === 'opened' && value.confirmation?.code) || {};
  const current = codes.find(({ mailId }) => salt !== undefined && mailId.endsWith(`/${salt.slice(0, 8)}`));
  const mail = current && (await notices.read(deps.table, value.id, noticeIdOf(current.mailId)))?.value;
  if (current === undefined || (mail !== undefined && mail.status !== 'intended')) {
    await deps.table.transact(gone);
    return;
  }
  const at = deps.clock.now();
  const code = drawCode(deps);
  const sealed = sealCode(code, deps.random(16).toString('hex'), at);
  const carry = { secrets: { code }, writes: async () => gone };
  await applyCaseEvent(deps, value.id, { type: 'new-code', actor, at, code: sealed }, carry);
}

async function pendingOf(deps: Deps, { id }: Case) {
  const pending = (await pendingEffects.list(deps.table, `EFFECTS#${id}`)).map((stored) => stored.value);
  return {
    codes: pending.flatMap((each) =>
      each.effect.type === 'mail' && each.effect.template === 'confirm-code'
        ? [{ id: each.id, mailId: each.effect.mailId }]
        : [],
    ),
    others: pending
      .map(({ effect }) => effect)
      .filter((effect) => effect.type !== 'mail' || effect.template !== 'confirm-code'),
  };
}
