import { randomBytes } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { type Case, isOver } from '../domain/case.ts';
import type { Effect } from '../domain/case-decision.ts';
import { isWholeTenant } from '../domain/scope.ts';
import { cases, pendingEffects, tenants } from '../records.ts';
import { raiseAlert } from './raise-alert.ts';
import { sendCaseMail } from './send-case-mail.ts';

/**
 * Carries out what a decision asks for, then forgets the stored intents. Each effect may run twice: mails have stable ids,
 * alerts count, a status is set and not toggled.
 */
export async function runEffects(
  deps: Deps,
  value: Case,
  effects: readonly Effect[],
  secrets?: { code: string },
): Promise<void> {
  for (const effect of effects) await runEffect(deps, value, effect, secrets);
  for (const { value: pending } of await pendingEffects.list(deps.table, `EFFECTS#${value.id}`)) {
    if (effects.some((effect) => JSON.stringify(effect) === JSON.stringify(pending.effect))) {
      await deps.table.transact([pendingEffects.remove(pending.caseId, pending.id)]);
    }
  }
}

/** Carries out what a crash left undone for this case. A code is in nobody's memory any more: its mail is not repeated. */
export async function runPendingEffects(deps: Deps, value: Case): Promise<void> {
  for (const { value: pending } of await pendingEffects.list(deps.table, `EFFECTS#${value.id}`)) {
    await runEffect(deps, value, pending.effect, undefined);
    await deps.table.transact([pendingEffects.remove(pending.caseId, pending.id)]);
  }
}

async function runEffect(
  deps: Deps,
  value: Case,
  effect: Effect,
  secrets: { code: string } | undefined,
): Promise<void> {
  // What was to be said before the case ended is not said after it.
  if (isOver(value) && (effect.type === 'send-notice' || (effect.type === 'mail' && effect.template === 'reminder')))
    return;
  if (effect.type === 'send-notice' || effect.type === 'mail') await sendCaseMail(deps, value.id, effect, secrets);
  if (effect.type === 'freeze') await setStatus(deps, value.tenant, 'frozen');
  if (effect.type === 'unfreeze' && !(await anotherFreezes(deps, value))) await setStatus(deps, value.tenant, 'active');
  if (effect.type === 'alert') {
    await raiseAlert(deps, {
      kind: `case-${effect.about}`,
      subject: value.id,
      tenant: value.tenant,
      message: effect.message,
    });
  }
  if (effect.type === 'open-case') await reopenAfterReversal(deps, value, effect.invoices);
}

async function setStatus(deps: Deps, tenantId: string, status: 'active' | 'frozen'): Promise<void> {
  const stored = await tenants.read(deps.table, tenantId);
  if (stored === undefined || stored.value.status === 'erased' || stored.value.status === status) return;
  await deps.table.transact([tenants.write({ ...stored.value, status }, stored.version)]);
}

async function anotherFreezes(deps: Deps, value: Case): Promise<boolean> {
  const others = await cases.all(deps.table);
  return others.some(
    ({ value: other }) =>
      other.id !== value.id && other.tenant === value.tenant && !isOver(other) && isWholeTenant(other.scope),
  );
}

/** A payment was taken back after its case had ended: a new case begins, with full notice. */
async function reopenAfterReversal(
  deps: Deps,
  value: Case,
  invoices: Extract<Effect, { type: 'open-case' }>['invoices'],
): Promise<void> {
  // Imported late: opening a case runs effects in turn.
  const { applyCaseEvent, systemActor } = await import('./apply-case-event.ts');
  const open = await cases.all(deps.table);
  const names = new Set(invoices.map((invoice) => invoice.invoice));
  const exists = open.some(
    ({ value: other }) =>
      other.tenant === value.tenant &&
      !isOver(other) &&
      other.invoices.some((due) => names.has(due.invoice) && due.settledAt === undefined),
  );
  if (exists) return;
  const id = `c-${randomBytes(5).toString('hex')}`;
  await applyCaseEvent(deps, id, {
    type: 'open',
    id,
    at: deps.clock.now(),
    actor: systemActor,
    scope: value.scope,
    reason: 'non-payment',
    planDigest: value.planDigest,
    invoices: invoices.map(({ invoice, outstanding }) => ({
      invoice,
      ...(outstanding === undefined ? {} : { outstanding }),
    })),
  });
}
