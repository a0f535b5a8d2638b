import type { Authority, CaseReason } from './authority.ts';
import type { Money } from './finance.ts';
import type { Channel, DeliveryLevel } from './notice.ts';
import type { Scope } from './scope.ts';

/** Who caused an event; the edge has authenticated it. */
export type ActorKind = 'customer' | 'finance' | 'operator' | 'system';

export interface Actor {
  kind: ActorKind;
  /** Unique and stable, since opener and approver are told apart by it. */
  id: string;
}

/** The actor that scheduled runs act as. */
export const systemActor: Actor = { kind: 'system', id: 'tenure' };

/** An invoice that a non-payment case is about. */
export interface InvoiceDue {
  invoice: string;
  /** What is open now, where finance said so. */
  outstanding?: Money;
}

/** Salted hash of a confirmation code; the code itself is only in the mail. Made by `sealCode`. */
export interface SealedCode {
  /** 32 hex digits. */
  salt: string;
  /** SHA-256, hex. */
  hash: string;
  /** 48 h after it was made. */
  expiresAt: string;
}

/** Something that cannot be erased yet. */
export interface RemainderItem {
  /** What it is: "object version", "escrow key", "machine snapshot". */
  what: string;
  place: string;
  reason: string;
  /** Instant from which it will be gone or can go, where it is known. */
  until?: string;
}

/** What can happen to a case. Calendar days (`until`) are `2026-11-30` in the tenant's time zone. */
export type CaseEvent = { actor: Actor; at: string } & (
  | {
      type: 'open';
      /** `c-` + 10 lower-case hex digits. */
      id: string;
      scope: Scope;
      reason: CaseReason;
      planDigest: string;
      /** Left out for non-payment and obsolete data: the plan's clause, with this reference, or else the plan's digest. */
      authority?: Authority;
      /** The agreement's number, for the plan's clause. */
      agreementReference?: string;
      /** Non-payment: at least one. */
      invoices?: InvoiceDue[];
      /** Customer request: the code whose mail goes to `contact`. */
      code?: SealedCode;
      /** Contact that a customer's code is mailed to; default 0. */
      contact?: number;
      /** In words, shown in the notice: an audit finding, the customer's own text. */
      note?: string;
    }
  /** An operator adds the authority that was missing. */
  | { type: 'authorise'; authority: Authority }
  | { type: 'new-code'; code: SealedCode }
  | { type: 'confirm'; code: string }
  /** A planned mail was handed over. */
  | { type: 'notice-sent'; delivery: string; level: DeliveryLevel; evidence: string }
  /** A delivery rose to a level: the recipient's server, or a person, said so. */
  | { type: 'notice-level'; delivery: string; level: DeliveryLevel; evidence: string }
  /** An operator records a delivery over another channel, with evidence. */
  | {
      type: 'notice-recorded';
      contact: number;
      channel: Exclude<Channel, 'mail'>;
      level: DeliveryLevel;
      evidence: string;
    }
  /** A mail came back, now or late. */
  | { type: 'bounce'; delivery: string; reason: string; evidence?: string }
  /** Send the notice again, for instance to a contact whose address was mended. */
  | { type: 'notify-contact'; contact: number }
  | { type: 'reminder-sent'; daysBefore: number; dueAt: string }
  | { type: 'dispute'; note?: string }
  | { type: 'promise'; until: string }
  /** Dispute, promise or objection is settled against the customer: the clock goes on. */
  | { type: 'settle'; note?: string }
  /** `outstanding`: what is open of the invoice from now on, as the account has it. */
  | { type: 'part-paid'; invoice: string; amount: Money; outstanding?: Money; valueDate?: string }
  /** Without `invoice`: all invoices of the case. */
  | { type: 'paid'; invoice?: string; amount?: Money; valueDate?: string }
  | { type: 'reversed'; invoice: string; outstanding?: Money }
  | { type: 'object'; note?: string }
  /** Due no earlier than the end of this day; never shortens. */
  | { type: 'extend'; until: string }
  /** Obsolete data is wanted until the end of this day; afterwards a full new notice begins. */
  | { type: 'keep-until'; until: string }
  | { type: 'approve' }
  | { type: 'cancel'; note?: string }
  /** The hourly sweep: what is due now. */
  | { type: 'tick' }
  /** First state of the erasure machine. `attempt` comes from the `start-erasure` effect. */
  | { type: 'begin-erasure'; attempt: number }
  /** Recorded before each destructive step. The first one ends every way back. */
  | { type: 'begin-step'; step: string; source?: string }
  | { type: 'remainder-found'; items: RemainderItem[] }
  | { type: 'certify'; certificate: string; digest: string }
  | { type: 'close' }
);

export type CaseEventType = CaseEvent['type'];

/** One kind of event. */
export type EventOf<T extends CaseEventType> = Extract<CaseEvent, { type: T }>;

/** Who may cause which event at all; some rules are narrower still (see `decide`). */
export const mayCause: Record<CaseEventType, readonly ActorKind[]> = {
  open: ['customer', 'finance', 'operator', 'system'],
  authorise: ['operator'],
  'new-code': ['customer', 'operator', 'system'],
  confirm: ['customer', 'operator'],
  'notice-sent': ['system', 'operator'],
  'notice-level': ['system', 'operator'],
  'notice-recorded': ['operator'],
  bounce: ['system', 'operator'],
  'notify-contact': ['operator'],
  'reminder-sent': ['system', 'operator'],
  dispute: ['customer', 'finance', 'operator'],
  promise: ['finance', 'operator'],
  settle: ['finance', 'operator'],
  'part-paid': ['finance', 'operator', 'system'],
  paid: ['finance', 'operator', 'system'],
  reversed: ['finance', 'operator', 'system'],
  object: ['customer', 'operator'],
  extend: ['customer', 'finance', 'operator'],
  'keep-until': ['customer', 'operator'],
  approve: ['operator'],
  cancel: ['customer', 'finance', 'operator'],
  tick: ['system', 'operator'],
  'begin-erasure': ['system', 'operator'],
  'begin-step': ['system', 'operator'],
  'remainder-found': ['system', 'operator'],
  certify: ['system', 'operator'],
  close: ['system', 'operator'],
};
