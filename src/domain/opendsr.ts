import { addDays, isBefore, parseInstant } from './calendar.ts';
import { type Case, isTooLate } from './case.ts';
import { type ClockFacts, clockDays, startClock } from './case-clock.ts';
import type { CasePolicy } from './case-policy.ts';

/** Version of the specification that is spoken: OpenDSR 2.0. */
export const opendsrVersion = '2.0';

/** What OpenDSR calls the state of a request (specification, section 8). */
export type RequestStatus = 'pending' | 'in_progress' | 'completed' | 'cancelled';

/** A request of another system to erase, and the case that answers it: one each. Who it is about stands in neither. */
export interface OpendsrRequest {
  caseId: string;
  tenant: string;
  /** Id of the caller who asked, `controller_id`; a customer's own one is a mark once the tenant is erased and all is told. */
  controller: string;
  /** `subject_request_id`, a UUID v4 of the controller's. */
  requestId: string;
  /** HMAC over the body's bytes, hex, by the tenant's evidence key: nobody can try out addresses on it. */
  digest: string;
  receivedAt: string;
  /** What was promised when it came in. */
  expectedAt: string;
  /** Where each change of its status is told. */
  callbackUrls: string[];
}

/** Which case a request of a caller has led to: the row that keeps a repeated request from opening a second one. */
export interface OpendsrKey {
  /** Digest of caller and request id, hex. */
  key: string;
  caseId: string;
}

/** Days within which an erasure ends once it may begin: the sweep comes hourly, and a large tenant takes many steps. */
const erasureDays = 1;

/** The state of a request: there is a way back until something is destroyed. */
export function requestStatusOf(value: Case): RequestStatus {
  if (value.status === 'cancelled') return 'cancelled';
  if (value.status === 'certified' || value.status === 'closed') return 'completed';
  return isTooLate(value) ? 'in_progress' : 'pending';
}

/**
 * When a request will be fulfilled as things stand; the instant at which it ended, once it has. Never rounded down: while nothing
 * runs, the days that a clock would count are counted from now, as whole local days.
 *
 * @param timezone the tenant's
 */
export function expectedCompletionAt(value: Case, now: string, timezone: string): string {
  switch (value.status) {
    case 'cancelled':
      return value.cancelledAt;
    case 'certified':
    case 'closed':
      return value.certificate.at;
    case 'remainder':
      return latest(now, value.nextCheckAt, ...value.remainder.flatMap(({ until }) => until ?? []));
    case 'erasing':
      return latest(now, addDays(value.begunAt, erasureDays));
    case 'notified':
    case 'awaiting-approval':
    case 'due':
      return addDays(latest(now, value.clock.destroyFrom), erasureDays);
    case 'disputed':
      return fromStandstill(value, latest(now, value.stop.until ?? now), timezone, value.stop.remainingDays);
    default:
      return fromStandstill(value, now, timezone);
  }
}

/** The same for a request that comes in now, under the tenant's plan as it is. */
export function expectedFromNow(policy: CasePolicy, now: string, timezone: string): string {
  return fromStandstill({ policy, reason: 'customer-request' }, now, timezone);
}

/** A clock would start at `from`: its days, then those of the settlement, all in full. */
function fromStandstill(facts: ClockFacts, from: string, timezone: string, days = clockDays(facts)): string {
  const { destroyFrom } = startClock(facts, from, timezone, { confirmation: true, delivery: '' }, days);
  return addDays(destroyFrom, erasureDays);
}

function latest(first: string, ...rest: readonly string[]): string {
  return rest.map(parseInstant).reduce((a, b) => (isBefore(a, b) ? b : a), first);
}
