import { Temporal } from 'temporal-polyfill';
import type { CaseEvent } from '../../src/domain/case-events.ts';
import type { CasePolicy } from '../../src/domain/case-policy.ts';

const levels = ['relayed', 'accepted', 'acknowledged'];

/** Milliseconds at which a local day begins. */
function dayStart(day: Temporal.PlainDate, timezone: string): number {
  return day.toZonedDateTime(timezone).epochMilliseconds;
}

/** End of a promise, as a customer would read it: the day counts in full. */
function endOf(day: string, timezone: string): number {
  return dayStart(Temporal.PlainDate.from(day).add({ days: 1 }), timezone) - 1;
}

interface Stop {
  from: number;
  to: number;
  /** A dispute or objection: only settling ends it. */
  open: boolean;
}

/**
 * What the promise to the customer says about a case, kept apart from the code that decides: it only writes down what was
 * accepted and judges, from the bare log, whether destroying something now would break a promise.
 */
export class Oracle {
  readonly plan: CasePolicy;
  readonly timezone: string;
  reason = '';
  wholeTenant = true;
  opener = '';
  authority = false;
  confirmedAt: number | undefined;
  unpaid = new Set<string>();
  cancelled = false;
  destroyed = false;
  approvedBy: string | undefined;
  /** Of the tenant's plan, once it was changed. */
  approvalNow: CasePolicy['approval'] | undefined;
  stops: Stop[] = [];
  /** The customer has kept the data, and no new notice has begun since. */
  keepPending = false;
  notBefore = Number.NEGATIVE_INFINITY;
  deliveries = new Map<string, { reachedAt?: number; bounced: boolean; old: boolean }>();
  holds = new Set<string>();

  constructor(plan: CasePolicy, timezone: string) {
    this.plan = plan;
    this.timezone = timezone;
  }

  /** An accepted event. */
  record(event: CaseEvent, now: number, deliveryIds: readonly string[]): void {
    const before = [...this.deliveries.values()];
    for (const id of deliveryIds) if (!this.deliveries.has(id)) this.deliveries.set(id, { bounced: false, old: false });
    const level = (id: string, reached: string) => {
      const known = this.deliveries.get(id);
      if (known === undefined || known.reachedAt !== undefined) return;
      if (levels.indexOf(reached) >= levels.indexOf(this.plan.startLevel)) known.reachedAt = now;
    };
    switch (event.type) {
      case 'open':
        this.reason = event.reason;
        this.wholeTenant = event.scope.source === undefined;
        this.opener = event.actor.id;
        for (const due of event.invoices ?? []) this.unpaid.add(due.invoice);
        this.authority = event.authority !== undefined || this.clause(event.reason) !== undefined;
        break;
      case 'authorise':
        this.authority = true;
        break;
      case 'confirm':
        this.confirmedAt ??= now;
        this.authority = true;
        break;
      case 'notice-sent':
      case 'notice-level':
        level(event.delivery, event.level);
        break;
      case 'notice-recorded':
        level(deliveryIds.at(-1) ?? '', event.level);
        break;
      case 'bounce': {
        const known = this.deliveries.get(event.delivery);
        if (known !== undefined) known.bounced = true;
        break;
      }
      case 'dispute':
      case 'object':
        this.stop({ from: now, to: Number.POSITIVE_INFINITY, open: true });
        break;
      case 'promise':
        this.stop({ from: now, to: endOf(event.until, this.timezone), open: false });
        break;
      case 'keep-until':
        this.stop({ from: now, to: endOf(event.until, this.timezone), open: false });
        this.keepPending = true;
        break;
      case 'settle':
        for (const stop of this.stops) stop.to = Math.min(stop.to, now);
        this.renew(before);
        break;
      case 'tick':
        if (this.stops.every((stop) => stop.to < now)) this.renew(before);
        break;
      case 'extend':
        this.notBefore = Math.max(this.notBefore, endOf(event.until, this.timezone));
        this.approvedBy = undefined;
        break;
      case 'paid':
        if (event.invoice === undefined) this.unpaid.clear();
        else this.unpaid.delete(event.invoice);
        break;
      case 'cancel':
        this.cancelled = true;
        break;
      case 'approve':
        this.approvedBy ??= event.actor.id;
        break;
      default:
        break;
    }
  }

  /** Everything that would be broken by destroying something now. */
  broken(now: number): string[] {
    const wrong: string[] = [];
    if (this.holds.size > 0) wrong.push('under a hold');
    if (this.cancelled) wrong.push('after cancellation');
    if (this.reason === 'non-payment' && this.unpaid.size === 0) wrong.push('after payment');
    if (!this.authority) wrong.push('without authority');
    if (this.stops.some((stop) => stop.from <= now && now <= stop.to)) wrong.push('while disputed or promised');
    if (this.keepPending) wrong.push('without a new notice after the customer had kept the data');
    if (now <= this.notBefore) wrong.push('before the day it was extended to');
    const isAsked = this.plan.approval === 'required' || this.approvalNow === 'required';
    const needsSecond = isAsked && this.wholeTenant;
    if (needsSecond && (this.approvedBy === undefined || this.approvedBy === this.opener))
      wrong.push('without a second person');
    const since = this.noticedSince();
    if (since === undefined) return [...wrong, 'before the notice was delivered'];
    const wanted =
      (this.reason === 'customer-request' ? this.plan.coolingOffDays : this.plan.noticeDays) + this.plan.settlementDays;
    const days = this.fullDays(since, now);
    if (days < wanted) wrong.push(`after ${days} instead of ${wanted} whole days`);
    return wrong;
  }

  /** Since when the customer has been noticed, by the delivery that counts longest, or by their own confirmation. */
  noticedSince(): number | undefined {
    const current = [...this.deliveries.values()].filter((d) => !d.old);
    const reached = current.filter((d) => !d.bounced && d.reachedAt !== undefined).map((d) => d.reachedAt ?? 0);
    if (this.reason !== 'customer-request') return reached.length === 0 ? undefined : Math.min(...reached);
    if (this.confirmedAt === undefined) return undefined;
    if (current[0]?.bounced === false) return this.confirmedAt;
    return reached.length === 0 ? undefined : Math.min(...reached);
  }

  private stop(stop: Stop): void {
    this.approvedBy = undefined;
    this.stops.push(stop);
  }

  /** The days for which the customer wanted the data are over: all notices so far belong to the past. */
  private renew(before: { old: boolean }[]): void {
    if (this.keepPending) for (const delivery of before) delivery.old = true;
    this.keepPending = false;
  }

  private clause(reason: string): string | undefined {
    return reason === 'non-payment'
      ? this.plan.authority.nonPayment
      : reason === 'obsolete'
        ? this.plan.authority.obsolete
        : undefined;
  }

  /** Whole local days between two instants during which nothing was disputed, promised or kept. */
  private fullDays(from: number, to: number): number {
    let count = 0;
    let day = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(this.timezone).toPlainDate();
    for (;;) {
      const begin = dayStart(day, this.timezone);
      const next = day.add({ days: 1 });
      const end = dayStart(next, this.timezone) - 1;
      if (end > to) return count;
      if (begin >= from && !this.stops.some((stop) => stop.from <= end && stop.to >= begin)) count++;
      day = next;
    }
  }
}
