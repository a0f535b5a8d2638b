/** Kinds of events that go out. `case.*` are the statuses that a case comes to. */
export const eventTypes = [
  'case.opened',
  'case.notified',
  'case.undeliverable',
  'case.disputed',
  'case.awaiting-approval',
  'case.due',
  'case.erasing',
  'case.remainder',
  'case.certified',
  'case.closed',
  'case.cancelled',
  'backup.failed',
  'restore-test.failed',
  'control.failed',
  'certificate.issued',
] as const;

export type EventType = (typeof eventTypes)[number];

/** Something that happened, for other systems. Ids and states only: who wants more asks the API for it. */
export interface OutgoingEvent {
  /** `opendsr.status` goes to the callbacks of its own request; nobody subscribes to it. */
  type: EventType | 'opendsr.status';
  /** Absent: it is about no tenant. */
  tenant?: string;
  at: string;
  data: Record<string, string | null>;
}

/** Who is told. */
export interface Webhook {
  /** `wh-` and 10 hex digits. */
  id: string;
  url: string;
  /** Kinds that are wanted; `case.*` means every status of a case. */
  types: string[];
  /** Events of this tenant alone. */
  tenant?: string;
  /** `whsec_…`: shown once, and needed for every signature. */
  secret: string;
  /** The secret before, which signs as well until its time is over, while the receiver changes over. */
  previous?: { secret: string; until: string };
  createdAt: string;
  status: 'active' | 'paused';
}

/** One event on its way to one address: of a subscriber, or of a request by OpenDSR that named it for callbacks. */
export interface WebhookDelivery {
  /** `msg_` and 24 hex digits: the receiver tells a repetition by it. */
  id: string;
  /** Id of the subscriber (`wh-…`), `od-` and the digits of the case that a request by OpenDSR has led to, or {@link eventBus}. */
  target: string;
  event: OutgoingEvent;
  status: 'waiting' | 'delivered' | 'dead';
  attempts: number;
  /** Wall-clock instant since which it fails, or its address does. */
  failingSince?: string;
  /** Wall-clock instant of the next try. */
  nextAt: string;
  /** What came of the last try: a status, or a fault in a word. Never what the receiver said. */
  last?: string;
}

/**
 * Seconds after each failed try before the next: the schedule that Standard Webhooks recommends ("Delivery success and failure"):
 * ten tries within about three days. Then it is dead, until somebody sends it again.
 */
export const retryAfterSeconds = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;

/** How long a delivery is tried, in milliseconds: its last try is due by then. */
const triedForMs = retryAfterSeconds.reduce((sum, seconds) => sum + seconds, 0) * 1000;

/** A subscriber with a new secret; the old one signs as well until `until`, unless it must not be trusted any more. */
export function rotated({ previous: _, ...webhook }: Webhook, secret: string, until?: string): Webhook {
  return { ...webhook, secret, ...(until === undefined ? {} : { previous: { secret: webhook.secret, until } }) };
}

/** The secrets that sign a message now, the newest first. */
export function signingSecrets({ secret, previous }: Webhook, now: string): string[] {
  return previous === undefined || previous.until <= now ? [secret] : [secret, previous.secret];
}

/** Whether a subscriber wants an event. */
export function wants({ types, tenant, status }: Webhook, event: OutgoingEvent): boolean {
  if (status !== 'active' || (tenant !== undefined && tenant !== event.tenant)) return false;
  return types.some((type) => type === event.type || (type === 'case.*' && event.type.startsWith('case.')));
}

/** The event bus of a deployment, as a target of deliveries. */
export const eventBus = 'event-bus';

/** Kind of the alert that something could not be delivered to a target. */
export const webhookDead = 'webhook-dead';

/** The callbacks of a case's request by OpenDSR, as a target of deliveries. */
export function callbackTarget(caseId: string): string {
  return caseId.replace(/^c-/, 'od-');
}

/** The case of a target that is callbacks; `undefined` for a subscriber. */
export function caseOfTarget(target: string): string | undefined {
  return target.startsWith('od-') ? target.replace(/^od-/, 'c-') : undefined;
}

/**
 * A delivery after a try.
 *
 * @param outcome HTTP status, or a fault in a word. 2xx is success; 410 means that nobody wants it any more.
 */
export function afterTry(delivery: WebhookDelivery, outcome: number | string, nowMs: number): WebhookDelivery {
  const attempts = delivery.attempts + 1;
  const last = typeof outcome === 'number' ? `HTTP ${outcome}` : outcome;
  const tried = { ...delivery, attempts, last };
  if (typeof outcome === 'number' && outcome >= 200 && outcome < 300) return { ...tried, status: 'delivered' };
  const wait = outcome === 410 ? undefined : retryAfterSeconds[attempts - 1];
  if (wait === undefined || isWornOut(delivery, nowMs)) return { ...tried, status: 'dead' };
  const failingSince = delivery.failingSince ?? new Date(nowMs).toISOString();
  return { ...tried, failingSince, nextAt: new Date(nowMs + wait * 1000).toISOString() };
}

/**
 * What the failure of another delivery to the same address makes of a delivery that waits: its time begins, or is over after as long
 * as ten tries take; `undefined`: nothing changes. Of many that wait for an address which does not answer, most are never tried
 * themselves.
 */
export function afterFailureOf(
  { last }: WebhookDelivery,
  delivery: WebhookDelivery,
  nowMs: number,
): WebhookDelivery | undefined {
  const now = new Date(nowMs).toISOString();
  if (delivery.failingSince === undefined) return { ...delivery, failingSince: now };
  if (!isWornOut(delivery, nowMs)) return undefined;
  return { ...delivery, status: 'dead', nextAt: now, ...(last === undefined ? {} : { last }) };
}

function isWornOut({ failingSince }: WebhookDelivery, nowMs: number): boolean {
  return failingSince !== undefined && nowMs - Date.parse(failingSince) >= triedForMs;
}

/** What goes to one place, and fails together: a subscriber, the event bus, or a server that several callbacks lead to. */
export function addressOf({ target, event: { data } }: WebhookDelivery): string {
  return typeof data.url === 'string' && caseOfTarget(target) !== undefined ? new URL(data.url).origin : target;
}
