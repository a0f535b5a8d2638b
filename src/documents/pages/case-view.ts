import type { CaseReason } from '../../domain/authority.ts';
import type { ShownEventType } from '../../domain/case.ts';
import type { ActorKind } from '../../domain/case-events.ts';
import type { CustomerWay } from '../../domain/customer-ways.ts';
import type { Channel, DeliveryLevel } from '../../domain/notice.ts';
import type { Scope } from '../../domain/scope.ts';
import type { OperatorWords } from '../mail-frame.ts';
import type { ErasureFacts } from '../mails/erasure-facts.ts';

/** Where a case stands, as its customer sees it. */
export type Standing =
  | 'waits-for-code'
  | 'code-gone'
  | 'not-noticed'
  | 'undeliverable'
  | 'notified'
  | 'objected'
  | 'promised'
  | 'kept'
  | 'awaiting-approval'
  | 'due'
  | 'held'
  | 'preparing'
  | 'erasing'
  | 'remainder'
  | 'erased'
  | 'taken-back'
  | 'called-off'
  | 'paid'
  | 'lapsed';

/** A notice on its way to somebody. */
export interface ShownDelivery {
  channel: Channel;
  /** Name of the contact, while it is known. */
  to?: string;
  plannedAt: string;
  levels: readonly { level: DeliveryLevel; at: string }[];
  bouncedAt?: string;
}

/** One line of the course of a case. */
export interface ShownEvent {
  at: string;
  event: ShownEventType;
  by: ActorKind;
  /** What the customer wrote. Nobody else's words are shown. */
  note?: string;
  /** Day that the event names. */
  until?: string;
}

/** Everything that the page of a case tells. */
export interface CaseView {
  caseId: string;
  company: string;
  operator: OperatorWords;
  /** Absent once the account itself was erased. */
  tenant?: { id: string; name: string };
  timezone: string;
  simulation: boolean;
  reason: CaseReason;
  standing: Standing;
  /** A hold lies on the data, whatever else the case is. */
  held: boolean;
  /** Something was destroyed: there is no way back. */
  tooLate: boolean;
  openedAt: string;
  scope: Scope;
  /** What there is of it; absent once something was destroyed or the case is over. */
  facts?: Pick<ErasureFacts, 'scope' | 'sources' | 'copies'>;
  authority?: ErasureFacts['authority'];
  /** Open ones. */
  invoices: NonNullable<ErasureFacts['invoices']>;
  clock?: { dueAt: string; destroyFrom: string; daysUntilDue: number; daysUntilDestruction: number };
  confirmation?: { triesLeft: number; codeExpiresAt?: string; confirmedAt?: string };
  coolingOffDays: number;
  noticeDays: number;
  /** End of a promise or of a wish to keep. */
  until?: string;
  /** Obstacles beside those that `standing` names. */
  obstacles: readonly ('approval' | 'authority' | 'system')[];
  deliveries: readonly ShownDelivery[];
  timeline: readonly ShownEvent[];
  begunAt?: string;
  remainder: readonly { what: string; place: string; until?: string }[];
  endedAt?: string;
  certificate?: { id: string; issuedAt: string; digest: string; objects: number; bytes: number; copies: number };
  ways: readonly CustomerWay[];
  /** The copy that can be had here; absent when none can. `without`: sources that are not in it. */
  export?: { sources: readonly string[]; bytes: number; without: readonly string[] };
  /** Where open invoices are paid. */
  paymentUrl?: string;
  /** First day that may be named in a form. */
  firstDay: string;
  /** Last one. */
  lastDay: string;
}

/** Why a form was refused. */
export type Fault =
  | { way: 'confirm'; code: 'empty' | 'wrong' | 'gone' }
  | { way: 'keep-until' | 'extend'; code: 'no-day' | 'past' | 'not-later' | 'too-far' }
  | { way: 'export'; code: 'not-now' | 'too-many' | 'failed' | 'stale' }
  | { way: CustomerWay; code: 'long' | 'not-now' | 'too-many' | 'stale' };
