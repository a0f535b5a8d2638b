import type { Deps } from '../deps.ts';
import { readCertificateFile } from '../documents/certificate-file.ts';
import type { CaseView, Standing } from '../documents/pages/case-view.ts';
import { addCalendarDays, localDay } from '../domain/calendar.ts';
import { type Case, isOver, isTooLate, shownEvent, shownStatus } from '../domain/case.ts';
import type { DecisionContext } from '../domain/case-decision.ts';
import { lastDayOfCustomer } from '../domain/case-stop.ts';
import { maxTries } from '../domain/confirmation.ts';
import { waysNow } from '../domain/customer-ways.ts';
import { NotFoundError } from '../domain/errors.ts';
import { holdsOn } from '../domain/hold.ts';
import type { Tenant } from '../domain/tenant.ts';
import { certificates, tenants } from '../records.ts';
import { type Exportable, exportable } from './export-case.ts';
import { holdsOf } from './hold-mark.ts';
import { approvalOf } from './plan-of.ts';
import { erasureFacts } from './send-case-mail.ts';
import { showCase } from './show-case.ts';

/** A case as its customer may see it, and what the customer can do about it now. */
export async function viewCase(deps: Deps, value: Case): Promise<{ view: CaseView; tenant: Tenant }> {
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  if (tenant === undefined) throw new NotFoundError(`there is no tenant ${value.tenant}`);
  const placed = await holdsOf(deps, value.tenant);
  const { countdown, obstacles } = await showCase.typed(deps, { case: value.id });
  const now = deps.clock.now();
  const { timezone } = tenant;
  const ctx: DecisionContext = {
    ...{ now, plan: value.policy, holds: placed, approval: await approvalOf(deps, value.tenant) },
    tenant: { timezone, contacts: tenant.contacts.length },
  };
  const today = localDay(now, timezone);
  const lastAt = 'clock' in value ? value.clock.dueAt : value.status === 'disputed' ? value.stop.until : undefined;
  const lastDay = lastAt === undefined ? today : localDay(lastAt, timezone);
  const over = isOver(value) || value.status === 'certified';
  const facts = over || isTooLate(value) ? undefined : await erasureFacts(deps, value, tenant);
  const certificate = await certificateOf(deps, value);
  const taken = await exportable(deps, value);
  const held = !over && holdsOn(value.scope, placed).length > 0;
  const view: CaseView = {
    caseId: value.id,
    company: deps.settings.company,
    operator: { name: deps.settings.company, email: deps.settings.operator.email },
    ...(tenant.status === 'erased' ? {} : { tenant: { id: tenant.id, name: tenant.name } }),
    timezone,
    simulation: deps.clock.simulated,
    reason: value.reason,
    standing: standingOf(value, shownStatus(value, placed), now),
    held,
    tooLate: isTooLate(value),
    openedAt: value.openedAt,
    scope: value.scope,
    ...(facts === undefined ? {} : { facts }),
    ...(value.authority === undefined ? {} : { authority: value.authority }),
    invoices: value.invoices
      .filter(({ settledAt }) => settledAt === undefined)
      .map(({ invoice, outstanding }) => ({ invoice, ...(outstanding === undefined ? {} : { amount: outstanding }) })),
    ...(countdown === null || value.status === 'disputed' ? {} : { clock: countdown }),
    ...(value.confirmation === undefined ? {} : { confirmation: confirmationOf(value.confirmation) }),
    coolingOffDays: value.policy.coolingOffDays,
    noticeDays: value.policy.noticeDays,
    ...(value.status === 'disputed' && value.stop.until !== undefined ? { until: value.stop.until } : {}),
    obstacles: obstaclesOf(value, obstacles),
    deliveries: value.deliveries.map(({ channel, contact, plannedAt, levels, bounced }) => {
      const to = tenant.contacts[contact]?.name;
      return {
        ...{ channel, plannedAt, levels: levels.map(({ level, at }) => ({ level, at })) },
        ...(to === undefined ? {} : { to }),
        ...(bounced === undefined ? {} : { bouncedAt: bounced.at }),
      };
    }),
    timeline: timelineOf(value),
    ...('begunAt' in value ? { begunAt: value.begunAt } : {}),
    remainder:
      value.status === 'remainder' || (value.status === 'erasing' && value.destroyedAnything)
        ? (value.remainder ?? []).map(({ what, place, until }) => ({
            ...{ what, place },
            ...(until === undefined ? {} : { until }),
          }))
        : [],
    ...(over ? { endedAt: endOf(value) } : {}),
    ...(certificate === undefined ? {} : { certificate }),
    ...(taken === undefined || taken.copies.length === 0 ? {} : { export: exportOf(taken) }),
    ...(deps.settings.paymentUrl === undefined ? {} : { paymentUrl: deps.settings.paymentUrl }),
    ways: waysNow(value, ctx, addCalendarDays(lastDay, 1)),
    firstDay: value.reason === 'obsolete' ? today : addCalendarDays(lastDay, 1),
    lastDay: lastDayOfCustomer(value, timezone),
  };
  return { view, tenant };
}

function standingOf(value: Case, status: Case['status'] | 'held', now: string): Standing {
  if (status === 'held' && !isTooLate(value)) return 'held';
  switch (value.status) {
    case 'opened': {
      const { confirmation } = value;
      if (value.reason !== 'customer-request' || confirmation?.confirmedAt !== undefined) return 'not-noticed';
      const dead =
        confirmation?.code === undefined || confirmation.tries >= maxTries || now > confirmation.code.expiresAt;
      return dead ? 'code-gone' : 'waits-for-code';
    }
    case 'disputed':
      return value.stop.kind === 'promise' ? 'promised' : value.stop.kind === 'keep' ? 'kept' : 'objected';
    case 'erasing':
      return value.destroyedAnything ? 'erasing' : 'preparing';
    case 'certified':
    case 'closed':
      return 'erased';
    case 'cancelled':
      if (value.cause === 'payment') return 'paid';
      if (value.cause === 'not-confirmed') return 'lapsed';
      return value.cancelledBy.kind === 'customer' ? 'taken-back' : 'called-off';
    default:
      return value.status;
  }
}

function exportOf({ copies, without }: Exportable): NonNullable<CaseView['export']> {
  const bytes = copies.reduce((sum, { totals }) => sum + totals.bytes, 0);
  return { sources: copies.map(({ source }) => source), bytes, without };
}

function endOf(value: Case): string {
  if (value.status === 'cancelled') return value.cancelledAt;
  if (value.status === 'certified' || value.status === 'closed') return value.certificate.at;
  return value.openedAt;
}

function confirmationOf({ tries, code, confirmedAt }: NonNullable<Case['confirmation']>) {
  return {
    triesLeft: Math.max(0, maxTries - tries),
    ...(code === undefined ? {} : { codeExpiresAt: code.expiresAt }),
    ...(confirmedAt === undefined ? {} : { confirmedAt }),
  };
}

/** Reasons that the standing does not say, in classes: what exactly an operator is looking into is not the customer's. */
function obstaclesOf(value: Case, reasons: readonly { code: string }[]): CaseView['obstacles'] {
  const said = reasons.map(({ code }) => code);
  return [
    ...(said.includes('authority-missing') && value.reason !== 'customer-request' ? (['authority'] as const) : []),
    ...(said.includes('approval-missing') && value.status === 'notified' ? (['approval'] as const) : []),
    ...(said.some((code) => ['operator-stop', 'quarantine', 'clock-behind', 'clock-ahead'].includes(code))
      ? (['system'] as const)
      : []),
  ];
}

/** Events that say something to a customer: destruction once, however many steps it has. */
function timelineOf(value: Case): CaseView['timeline'] {
  const first = new Set<string>();
  return value.timeline.flatMap(({ at, event, actor, note, status }) => {
    if (event === 'tick' || event === 'notice-level') return [];
    if (event === 'begin-step' || event === 'begin-erasure' || event === 'remainder-found') {
      if (first.has(event)) return [];
      first.add(event);
    }
    const [, until] = /^until (\d{4}-\d{2}-\d{2})$/.exec(note ?? '') ?? [];
    const own = actor.kind === 'customer' && (event === 'object' || event === 'cancel' || event === 'open');
    return [
      {
        ...{ at, by: actor.kind },
        event: shownEvent({ event, status }),
        ...(own && note !== undefined ? { note } : {}),
        ...(until === undefined ? {} : { until }),
      },
    ];
  });
}

async function certificateOf(deps: Deps, { id }: Case): Promise<CaseView['certificate']> {
  const record = (await certificates.read(deps.table, id))?.value;
  if (record === undefined) return undefined;
  const { content } = readCertificateFile(await deps.evidence.get(record.json));
  const { objects, bytes, copies } = content.inventory;
  return { id: record.id, issuedAt: record.issuedAt, digest: record.digest, objects, bytes, copies };
}
