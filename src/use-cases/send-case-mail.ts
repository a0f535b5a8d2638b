import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import type { ErasureFacts } from '../documents/mails/erasure-facts.ts';
import { type RenderedMail, renderMail } from '../documents/render-mail.ts';
import { calendarDaysBetween, localDay } from '../domain/calendar.ts';
import { type Case, dueAtOf } from '../domain/case.ts';
import { clockDays, startClock } from '../domain/case-clock.ts';
import type { Effect } from '../domain/case-decision.ts';
import { type CaseEvent, systemActor } from '../domain/case-events.ts';
import { InvalidError } from '../domain/errors.ts';
import type { NoticeRecord } from '../domain/notice.ts';
import type { Source } from '../domain/source.ts';
import type { Contact, Tenant } from '../domain/tenant.ts';
import { cases, notices, sources, tenants } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { openEvidence, sealEvidence } from './append-ledger.ts';
import { caseLink } from './case-link.ts';
import { lockEvidence } from './lock-evidence.ts';
import { pointsOf } from './managed-points.ts';
import { withoutAddresses } from './without-addresses.ts';

type MailEffect = Extract<Effect, { type: 'send-notice' | 'mail' }>;

/**
 * Sends one mail of a case and answers what the case has to hear of it. The intent is recorded first, the exact bytes and the
 * server's reply afterwards. A mail that is on record as sent is not sent again, only reported again.
 */
export async function sendCaseMail(
  deps: Deps,
  caseId: string,
  effect: MailEffect,
  secrets?: { code: string },
): Promise<CaseEvent | undefined> {
  const value = (await cases.read(deps.table, caseId))?.value;
  const tenant = value === undefined ? undefined : (await tenants.read(deps.table, value.tenant))?.value;
  const contact = tenant?.contacts[effect.contact];
  if (value === undefined || tenant === undefined || contact === undefined) return undefined;
  // It is sent by the erasure's own last step, which attaches the certificate.
  if (effect.type === 'mail' && (effect.template === 'deletion-report' || effect.template === 'interim-report')) return;
  if (effect.type === 'mail' && effect.template === 'confirm-code' && secrets === undefined) return undefined;
  const id = noticeIdOf(effect.mailId);
  const known = (await notices.read(deps.table, caseId, id))?.value;
  const template = effect.type === 'send-notice' ? 'notice' : effect.template;
  let record: NoticeRecord = known ?? { caseId, id, template, status: 'intended', intendedAt: deps.clock.now() };
  if (record.status === 'intended') {
    await deps.table.transact([notices.write(record)]);
    record = await send(deps, value, tenant, contact, effect, record, secrets);
    await deps.table.transact([notices.write(record)]);
  }
  return reportOf(deps, effect, record);
}

/** Under which id a mail is on record. */
export function noticeIdOf(mailId: string): string {
  return mailId.replaceAll('/', '.');
}

async function send(
  deps: Deps,
  value: Case,
  tenant: Tenant,
  contact: Contact,
  effect: MailEffect,
  record: NoticeRecord,
  secrets?: { code: string },
): Promise<NoticeRecord> {
  const mail = await render(deps, value, tenant, contact, effect, secrets);
  try {
    const receipt = await deps.mailer.send({
      id: effect.mailId,
      to: { name: contact.name, address: contact.email },
      language: tenant.locale,
      trace: `${tenant.ledgerId}/${value.id}`,
      sentAt: deps.clock.now(),
      ...mail,
    });
    const key = `cases/${value.id}/mail/${record.id}.eml.sealed`;
    const digest = hash('sha256', await keepFirst(deps, tenant.id, key, receipt.raw), 'hex');
    return {
      ...record,
      status: 'sent',
      messageId: receipt.messageId,
      ...(receipt.providerId === undefined ? {} : { providerId: receipt.providerId }),
      level: receipt.level,
      response: withoutAddresses(receipt.response),
      digest,
      evidence: key,
    };
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    return { ...record, status: 'failed', response: withoutAddresses(error.message) };
  }
}

/** What the case has to hear of the mail. */
function reportOf(deps: Deps, effect: MailEffect, record: NoticeRecord): CaseEvent | undefined {
  const base = { at: deps.clock.now(), actor: systemActor };
  if (effect.type === 'send-notice') {
    const { delivery } = effect;
    const { level = 'relayed', digest: evidence = '', response: reason = 'refused' } = record;
    return record.status === 'sent'
      ? { ...base, type: 'notice-sent', delivery, level, evidence }
      : { ...base, type: 'bounce', delivery, reason };
  }
  if (effect.template !== 'reminder' || record.status !== 'sent') return undefined;
  return { ...base, type: 'reminder-sent', daysBefore: effect.daysBefore, dueAt: effect.dueAt };
}

/** Keeps the bytes of a mail, sealed. One that was sent again after a crash is kept as it was sent first: that one counts. */
export async function keepFirst(deps: Deps, tenant: string, key: string, raw: Buffer): Promise<Buffer> {
  if ((await deps.evidence.head(key)) !== undefined)
    return await openEvidence(deps, tenant, key, await deps.evidence.get(key));
  await deps.evidence.put(key, await sealEvidence(deps, tenant, key, raw));
  await lockEvidence(deps, key);
  return raw;
}

async function render(
  deps: Deps,
  value: Case,
  tenant: Tenant,
  contact: Contact,
  effect: MailEffect,
  secrets?: { code: string },
): Promise<RenderedMail> {
  const now = deps.clock.now();
  const link = await caseLink(deps, value);
  const context = { ...mailContext(deps, tenant, contact), ...(link === undefined ? {} : { link }) };
  if (effect.type === 'send-notice') {
    return renderMail('notice', tenant.locale, {
      ...context,
      ...(await erasureFacts(deps, value, tenant)),
      noticeDays: clockDays(value),
    });
  }
  if (effect.template === 'reminder') {
    return renderMail('reminder', tenant.locale, {
      ...context,
      ...(await erasureFacts(deps, value, tenant)),
      daysLeft: Math.max(
        0,
        calendarDaysBetween(localDay(now, tenant.timezone), localDay(effect.dueAt, tenant.timezone)),
      ),
      noticeSentAt: value.noticeSentAt ?? value.openedAt,
    });
  }
  if (effect.template === 'confirm-code') {
    return renderMail('confirm-code', tenant.locale, {
      ...context,
      caseId: value.id,
      scope: value.scope,
      code: secrets?.code ?? '',
      expiresAt: value.confirmation?.code?.expiresAt ?? now,
      coolingOffDays: value.policy.coolingOffDays,
    });
  }
  const cause =
    value.status !== 'cancelled'
      ? 'operator'
      : value.cause === 'cancelled'
        ? value.cancelledBy.kind === 'customer'
          ? 'customer'
          : 'operator'
        : value.cause;
  return renderMail('cancellation', tenant.locale, {
    ...context,
    caseId: value.id,
    cancelledAt: value.status === 'cancelled' ? value.cancelledAt : now,
    cause,
  });
}

/** Who writes to whom, for every mail to a tenant. */
export function mailContext(deps: Deps, tenant: Tenant, contact: Contact) {
  const { company, operator, paymentUrl } = deps.settings;
  return {
    ...(paymentUrl === undefined ? {} : { paymentUrl }),
    recipient: contact.name,
    operator: { name: company, email: operator.email },
    tenant: { id: tenant.id, name: tenant.name },
    timezone: tenant.timezone,
    simulation: deps.clock.simulated,
  };
}

/** What mails and the page of a case say of the erasure that lies ahead. */
export async function erasureFacts(deps: Deps, value: Case, tenant: Tenant): Promise<ErasureFacts> {
  const now = deps.clock.now();
  const planned = startClock(value, now, tenant.timezone, { delivery: 'planned' });
  const clock = 'clock' in value ? value.clock : planned;
  const inScope = await sourcesInScope(deps, value);
  const listed = [];
  let copies = 0;
  for (const source of inScope) {
    const live = await listSnapshots(deps, { tenant: tenant.id, source: source.name, status: 'live' });
    const points = await pointsOf(deps, tenant.id, source.name, 'live');
    copies += live.length + points.length;
    const newest = live.at(-1)?.totals;
    listed.push({
      name: source.name,
      location: source.location,
      objects: newest?.objects ?? 0,
      bytes: newest?.bytes ?? points.at(-1)?.bytes ?? 0,
    });
  }
  const { clause, reference } = value.authority ?? { clause: '' };
  return {
    caseId: value.id,
    reason: value.reason,
    scope: value.scope,
    authority: { clause, ...(reference === undefined ? {} : { reference }) },
    dueAt: dueAtOf(value) ?? clock.dueAt,
    destroyFrom: clock.destroyFrom,
    sources: listed,
    copies,
    invoices: value.invoices
      .filter((invoice) => invoice.settledAt === undefined)
      .map(({ invoice, outstanding }) => ({ invoice, ...(outstanding === undefined ? {} : { amount: outstanding }) })),
  };
}

/** The sources that a case's scope covers. */
export async function sourcesInScope(deps: Deps, value: Pick<Case, 'scope'>): Promise<Source[]> {
  const all = await sources.list(deps.table, `SOURCES#${value.scope.tenant}`);
  return all
    .map((stored) => stored.value)
    .filter((source) => value.scope.source === undefined || source.name === value.scope.source);
}
