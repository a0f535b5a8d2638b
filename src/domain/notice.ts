/** How sure it is that a notice arrived, rising: handed to a relay, taken by the recipient's server, acknowledged by a person. */
export type DeliveryLevel = 'relayed' | 'accepted' | 'acknowledged';

/** Way of a delivery. Only mail is sent by Tenure; the others are recorded by an operator, with evidence. */
export type Channel = 'mail' | 'registered-mail' | 'post';

/** A level that a delivery reached. */
export interface LevelReached {
  level: DeliveryLevel;
  at: string;
  /** SHA-256 (hex) of what proves it: the exact bytes sent with the server's reply, or a scanned receipt. */
  evidence: string;
}

/** A notice to one contact over one channel. Planned first (that is the intent to send), then it rises through the levels. */
export interface Delivery {
  /** `d1`, `d2`, … within its case; the mail's id is `notice/<case>/<delivery>`. */
  id: string;
  /** Index into the tenant's contacts. */
  contact: number;
  channel: Channel;
  plannedAt: string;
  levels: LevelReached[];
  bounced?: { at: string; reason: string; evidence?: string };
  /** A full new notice was begun later; this delivery is history. */
  supersededAt?: string;
}

/** A reminder that went out, for one due date; a due date that moves is reminded of again. */
export interface ReminderSent {
  daysBefore: number;
  dueAt: string;
  at: string;
}

const order: readonly DeliveryLevel[] = ['relayed', 'accepted', 'acknowledged'];

/** Whether a level is at least another. */
export function reaches(level: DeliveryLevel, wanted: DeliveryLevel): boolean {
  return order.indexOf(level) >= order.indexOf(wanted);
}

/** Whether a delivery belongs to the present notice and did not come back. */
export function counts(delivery: Delivery): boolean {
  return delivery.bounced === undefined && delivery.supersededAt === undefined;
}

/** Instant at which a delivery was first seen at the wanted level; absent when it was not, bounced or is history. */
export function reachedAt(delivery: Delivery, wanted: DeliveryLevel): string | undefined {
  if (!counts(delivery)) return undefined;
  return delivery.levels.find((reached) => reaches(reached.level, wanted))?.at;
}

/** The delivery that carries the clock: of those that count at the wanted level, the one that reached it first. */
export function effectiveDelivery(deliveries: readonly Delivery[], wanted: DeliveryLevel): Delivery | undefined {
  let best: { delivery: Delivery; at: string } | undefined;
  for (const delivery of deliveries) {
    const at = reachedAt(delivery, wanted);
    if (at !== undefined && (best === undefined || at < best.at)) best = { delivery, at };
  }
  return best?.delivery;
}

/** Mail deliveries that are planned and were neither sent nor bounced: what a sweep sends (again) after a crash. */
export function pendingDeliveries(deliveries: readonly Delivery[]): Delivery[] {
  return deliveries.filter((d) => d.channel === 'mail' && d.levels.length === 0 && counts(d));
}

/** The next contact to try: the first that this notice was not planned for; absent when everybody was tried. */
export function nextContact(deliveries: readonly Delivery[], contacts: number): number | undefined {
  const tried = new Set(deliveries.filter((d) => d.supersededAt === undefined).map((d) => d.contact));
  for (let contact = 0; contact < contacts; contact++) if (!tried.has(contact)) return contact;
  return undefined;
}

/** What a mail service said later about a mail that it had taken. */
export interface MailReport {
  /** Names the report: the same again is the same. */
  id: string;
  /** `failing`: it came back, and may work another time. */
  kind: 'delivered' | 'delayed' | 'failing' | 'bounced' | 'complaint';
  /** The service's own instant. */
  at: string;
  /** The words of the recipient's server, without addresses. */
  response: string;
  /** SHA-256 (hex) of the report as it came, and its key in the evidence store, sealed under the evidence key. */
  digest: string;
  evidence: string;
}

/** Exact bytes and fate of one notice, as evidence. */
export interface NoticeRecord {
  caseId: string;
  /** Delivery id. */
  id: string;
  template: string;
  /** A send intent is written first; `sent` once the mailer has answered. */
  status: 'intended' | 'sent' | 'failed';
  intendedAt: string;
  messageId?: string;
  /** Under which the mail service reports on it. */
  providerId?: string;
  level?: DeliveryLevel;
  response?: string;
  /** SHA-256 of the bytes that were sent. */
  digest?: string;
  /** Key of the bytes in the evidence store, sealed under the evidence key. */
  evidence?: string;
  /** Oldest first. */
  reports?: MailReport[];
}
