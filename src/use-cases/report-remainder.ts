import { renderMail } from '../documents/render-mail.ts';
import { systemActor } from '../domain/case-events.ts';
import { BlockedError } from '../domain/errors.ts';
import { tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { appendLedger } from './append-ledger.ts';
import { applyCaseEvent } from './apply-case-event.ts';
import { caseOfRun, erasureOf } from './erasure-state.ts';
import { raiseAlert } from './raise-alert.ts';
import { runInput } from './run-items.ts';
import { mailContext } from './send-case-mail.ts';

/** Something cannot go yet: the customer gets an interim report with what and until when, and there is no certificate. */
export const reportRemainder = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  const remainder = (await erasureOf(deps, value.id)).remainder.filter((item) => item.goneAt === undefined);
  const decision = await applyCaseEvent(deps, value.id, {
    type: 'remainder-found',
    items: remainder,
    at: deps.clock.now(),
    actor: systemActor,
  });
  if (!decision.ok) throw new BlockedError(decision.reason, { hint: decision.hint });
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  const told = decision.effects.some((effect) => effect.type === 'mail');
  for (const [index, contact] of told ? (tenant?.contacts ?? []).entries() : []) {
    if (tenant === undefined) break;
    const data = { caseId: value.id, performedAt: deps.clock.now(), remainder };
    await deps.mailer.send({
      id: `interim-report/${value.id}/${value.attempts}/${index}`,
      to: { name: contact.name, address: contact.email },
      language: tenant.locale,
      trace: `${tenant.ledgerId}/${value.id}`,
      sentAt: deps.clock.now(),
      ...renderMail('interim-report', tenant.locale, { ...mailContext(deps, tenant, contact), ...data }),
    });
  }
  const what = remainder.map((item) => `${item.place}: ${item.what} (${item.reason})`).join('; ');
  await raiseAlert(deps, {
    kind: 'erasure-remainder',
    subject: value.id,
    tenant: value.tenant,
    message: `Case ${value.id} is not erased whole: ${what}`,
  });
  if (tenant !== undefined)
    await appendLedger(deps, { tenant, type: 'remainder-reported', actor: 'system', subjects: [value.id] });
  return { outcome: 'reported' as const };
});
