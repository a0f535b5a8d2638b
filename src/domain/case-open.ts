import { authorityFromPlan, isComplete } from './authority.ts';
import { type Case, type CaseFacts, factsOf } from './case.ts';
import { accept, type Decision, type DecisionContext, type Effect, type Refusal, refuse } from './case-decision.ts';
import type { EventOf } from './case-events.ts';
import { notifyOnwards } from './case-notify.ts';

/** Promise 6: never fewer days of notice than this, whatever a plan says. */
export const leastNoticeDays = 30;

/** Opens a case. Non-payment and obsolete cases notify at once; a customer's request waits for its confirmation. */
export function open(event: EventOf<'open'>, ctx: DecisionContext): Decision {
  const wrong = openProblem(event, ctx);
  if (wrong !== undefined) return wrong;
  const { id, scope, reason, planDigest, note } = event;
  const reference = event.agreementReference ?? `plan ${planDigest.slice(0, 12)}`;
  const authority =
    event.authority ?? authorityFromPlan(ctx.plan, reason, { reference, by: event.actor.id, at: ctx.now });
  const facts: CaseFacts = {
    ...{
      id,
      tenant: scope.tenant,
      scope,
      reason,
      planDigest,
      policy: ctx.plan,
      openedBy: event.actor,
      openedAt: ctx.now,
    },
    ...{ deliveries: [], reminders: [], invoices: event.invoices ?? [], attempts: 0, timeline: [] },
    ...(note !== undefined && { note }),
    ...(isComplete(authority) && { authority }),
  };
  if (reason !== 'customer-request') {
    const frozen: Effect[] = reason === 'non-payment' ? [{ type: 'freeze' }] : [];
    return notified(facts, ctx, frozen);
  }
  const contact = event.contact ?? 0;
  const confirmation = { contact, tries: 0, ...(event.code !== undefined && { code: event.code }) };
  const mailId = `confirm-code/${id}/${event.code?.salt.slice(0, 8)}`;
  return accept({ ...facts, confirmation, status: 'opened' }, [
    { type: 'mail', template: 'confirm-code', contact, mailId },
  ]);
}

/** An operator supplies the authority that was missing; the notice goes out now. */
export function authorise(value: Case, event: EventOf<'authorise'>, ctx: DecisionContext): Decision {
  if (!isComplete(event.authority)) return incomplete();
  if (value.status !== 'opened' && value.status !== 'disputed') {
    return refuse(
      'conflict',
      `the case is ${value.status}; its authority stands in the notice`,
      'Cancel it and open a new one.',
    );
  }
  if (isComplete(value.authority))
    return refuse('conflict', 'the case has an authority', 'Cancel it and open a new one.');
  const authority = event.authority;
  if (value.status === 'disputed' || value.reason === 'customer-request') return accept({ ...value, authority });
  return notified({ ...factsOf(value), authority }, ctx, []);
}

function notified(facts: CaseFacts, ctx: DecisionContext, first: Effect[]): Decision {
  const onwards = notifyOnwards(facts, ctx);
  return accept({ ...onwards.facts, status: 'opened' }, [...first, ...onwards.effects]);
}

const openers = {
  'non-payment': ['finance', 'system', 'operator'],
  obsolete: ['operator'],
  'customer-request': ['customer', 'operator'],
};

function openProblem(event: EventOf<'open'>, ctx: DecisionContext): Refusal | undefined {
  const { reason, actor, scope } = event;
  const { noticeDays, settlementDays, coolingOffDays } = ctx.plan;
  if (!Number.isInteger(noticeDays) || noticeDays < leastNoticeDays) {
    const message = `${noticeDays} days of notice are fewer than ${leastNoticeDays}`;
    return refuse('invalid', message, 'Give the plan noticeDays of 30 or more.');
  }
  if (![settlementDays, coolingOffDays].every((days) => Number.isInteger(days) && days >= 0)) {
    return refuse('invalid', 'settlementDays and coolingOffDays must be whole days', 'Correct the plan.');
  }
  if (scope.paths !== undefined && (scope.paths.length === 0 || scope.paths.includes(''))) {
    return refuse('invalid', 'the scope names no path', 'Name paths, or leave them out for the whole source.');
  }
  if (!openers[reason].includes(actor.kind)) {
    const who = openers[reason].join(' or ');
    return refuse('invalid', `a ${reason} case is not opened by ${actor.kind}`, `It is opened by ${who}.`);
  }
  if (event.authority !== undefined && !isComplete(event.authority)) return incomplete();
  if (reason === 'non-payment' && (event.invoices ?? []).length === 0) {
    return refuse('invalid', 'a non-payment case names its invoices', 'Name at least one.');
  }
  return reason === 'customer-request' ? requestProblem(event, ctx) : undefined;
}

function requestProblem(event: EventOf<'open'>, ctx: DecisionContext): Refusal | undefined {
  if (event.code === undefined) {
    return refuse('invalid', "a customer's request needs a code to confirm it", 'Make one with sealCode.');
  }
  const contact = event.contact ?? 0;
  const known = Number.isInteger(contact) && contact >= 0 && contact < ctx.tenant.contacts;
  return known ? undefined : refuse('invalid', `there is no contact ${contact}`, "Name one of the tenant's contacts.");
}

function incomplete(): Refusal {
  return refuse('invalid', 'the authority is incomplete', 'Give clause, reference, by whom and when.');
}
