import type { Case, CaseStatus } from '../../src/domain/case.ts';
import type { Acceptance, Decision, DecisionContext, Effect } from '../../src/domain/case-decision.ts';
import type { Actor, CaseEvent, EventOf } from '../../src/domain/case-events.ts';
import type { CasePolicy } from '../../src/domain/case-policy.ts';
import { sealCode } from '../../src/domain/confirmation.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Hold } from '../../src/domain/hold.ts';

export const customer: Actor = { kind: 'customer', id: 'customer-1' };
export const finance: Actor = { kind: 'finance', id: 'billing' };
export const anna: Actor = { kind: 'operator', id: 'anna' };
export const ben: Actor = { kind: 'operator', id: 'ben' };
export const system: Actor = { kind: 'system', id: 'sweep' };

export const policy: CasePolicy = {
  noticeDays: 30,
  reminders: [7, 1],
  startLevel: 'relayed',
  settlementDays: 7,
  coolingOffDays: 7,
  approval: 'required',
  authority: { nonPayment: 'clause 9.2 of the agreement', obsolete: 'clause 9.3 of the agreement' },
};

export const unattended: CasePolicy = { ...policy, approval: 'none', settlementDays: 0 };

export const salt = '00112233445566778899aabbccddeeff';
export const code = 'K7WQ-2M9X';

/** An event without what the story adds: its instant. */
export type Told = CaseEvent extends infer E ? (E extends CaseEvent ? Omit<E, 'at'> : never) : never;

/** Opening events of the three reasons. */
export function opening(
  reason: 'non-payment' | 'obsolete' | 'customer-request',
  now: string,
): Omit<EventOf<'open'>, 'at'> {
  const base = {
    type: 'open' as const,
    id: 'c-0123456789',
    scope: { tenant: 'acme' },
    reason,
    planDigest: 'ab'.repeat(32),
  };
  if (reason === 'non-payment') return { ...base, actor: finance, invoices: [{ invoice: 'i-1' }] };
  if (reason === 'obsolete') return { ...base, actor: anna };
  return { ...base, actor: customer, code: sealCode(code, salt, now) };
}

/** A case told step by step: an event at an instant, with the facts of a small world around it. */
export class Story {
  now: string;
  value: Case | undefined;
  holds: Hold[] = [];
  /** Of the last event, without the alerts that it settled. */
  effects: Effect[] = [];
  /** Kinds of the alerts that the last event settled. */
  settled: string[] = [];
  plan: CasePolicy;
  /** What the tenant's plan as it is now says, where it is another than the case began under. */
  approvalNow: CasePolicy['approval'] | undefined;
  timezone: string;
  contacts = 2;

  constructor(now: string, plan: CasePolicy = policy, timezone = 'Europe/Berlin') {
    this.now = now;
    this.plan = plan;
    this.timezone = timezone;
  }

  get context(): DecisionContext {
    const { now, plan, holds, timezone, contacts, approvalNow: approval = plan.approval } = this;
    return { now, plan, holds, approval, tenant: { timezone, contacts } };
  }

  get status(): CaseStatus | undefined {
    return this.value?.status;
  }

  /** Tells what happens now; stores what a caller would store. */
  try(event: Told): Decision {
    const decision = decide(this.value, { ...event, at: this.now } as CaseEvent, this.context);
    if (decision.ok) this.value = decision.case;
    else if (decision.case !== undefined) this.value = decision.case;
    const effects = decision.ok ? decision.effects : [];
    this.effects = effects.filter(({ type }) => type !== 'settle-alerts');
    this.settled = effects.flatMap((each) =>
      each.type === 'settle-alerts' ? each.settled.map(({ kind }) => kind) : [],
    );
    return decision;
  }

  /** The same, and it must be accepted. */
  tell(event: Told): Acceptance {
    const decision = this.try(event);
    if (!decision.ok) throw new Error(`${event.type} was refused: ${decision.reason}`);
    return decision;
  }

  at(now: string): this {
    this.now = now;
    return this;
  }

  /** Opens the case and hands the first notice over. */
  noticed(reason: 'non-payment' | 'obsolete' | 'customer-request'): this {
    this.tell(opening(reason, this.now));
    if (reason === 'customer-request') this.tell({ type: 'confirm', actor: customer, code });
    this.tell({ type: 'notice-sent', actor: system, delivery: 'd1', level: 'relayed', evidence: 'digest' });
    return this;
  }

  tick(): this {
    this.tell({ type: 'tick', actor: system });
    return this;
  }

  /** Names of the effects of the last event. */
  get did(): string[] {
    return this.effects.map((effect) =>
      effect.type === 'mail' ? effect.template : effect.type === 'alert' ? effect.about : effect.type,
    );
  }
}

export function hold(id: string, scope: Hold['scope'], placedAt = '2026-01-01T00:00:00.000Z'): Hold {
  return { id, scope, reason: 'lawsuit', placedBy: 'anna', placedAt };
}
