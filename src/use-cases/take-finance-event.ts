import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { applyFinance } from '../domain/apply-finance.ts';
import { localDay } from '../domain/calendar.ts';
import { type Case, isOver, isTooLate } from '../domain/case.ts';
import type { Actor } from '../domain/case-events.ts';
import { tooLate } from '../domain/case-obstacles.ts';
import { dayProblem } from '../domain/case-stop.ts';
import { BlockedError } from '../domain/errors.ts';
import type { FinanceEvent } from '../domain/finance.ts';
import { forgetPaid, lastChange } from '../domain/finance-account.ts';
import { isWholeTenant } from '../domain/scope.ts';
import type { Tenant } from '../domain/tenant.ts';
import { cases, financeAccounts } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { applyCaseEvent, faultOf } from './apply-case-event.ts';
import { fieldError } from './field-error.ts';
import { openCasesOf } from './open-cases.ts';
import { openOwed, released } from './open-owed.ts';
import { requireTenant } from './tenant-fields.ts';
import { dayField, lineField } from './text-fields.ts';

const input = z.object({
  tenant: z.string(),
  type: z.enum(['unpaid', 'part-paid', 'paid', 'disputed', 'promised-until', 'reversed']),
  invoice: lineField.max(100).optional(),
  amount: z.object({ currency: z.string().regex(/^[A-Z]{3}$/), minor: z.int().positive() }).optional(),
  valueDate: dayField().optional(),
  until: dayField().optional(),
  payment: lineField.optional(),
  at: z.iso.datetime().optional(),
  actor: actorInput,
});

/** What came of it. `reason`: why no case is open for what is owed. */
export interface Taken {
  tenant: string;
  case?: Case;
  reason?: string;
}

/**
 * What finance says about an account: opens, stops, goes on with or cancels the non-payment case that it means. It is stored
 * whatever stands in the way of a case; that one is then opened by the first sweep that finds nothing in the way any more.
 */
export const takeFinanceEvent = useCase(input, async (deps, { actor, at, ...said }): Promise<Taken> => {
  const told = await untilUnchanged(async () => await take(deps, JSON.parse(JSON.stringify(said)), at, actor));
  const owed = await openOwed(deps, said.tenant, actor);
  const about = owed.outcome === 'opened' ? owed.case.id : told;
  const value = about === undefined ? undefined : (await cases.read(deps.table, about))?.value;
  if (value !== undefined) return { tenant: said.tenant, case: value };
  if (owed.outcome !== 'waits') return { tenant: said.tenant };
  const { id, reason, status } = owed.case;
  return {
    tenant: said.tenant,
    reason: `case ${id} (${reason}, ${status}) is about this account: one for what is owed opens by itself when that has ended`,
  };
});

/** Applies it to the account as it is now, tells the case of it, and stores both. Answers the case that it is about. */
async function take(
  deps: Deps,
  said: Omit<FinanceEvent, 'at'>,
  at: string | undefined,
  actor: Actor,
): Promise<string | undefined> {
  const tenant = await livingTenant(deps, said);
  const now = deps.clock.now();
  if (at !== undefined) refuseFuture(deps, at);
  const stored = await financeAccounts.read(deps.table, tenant.id);
  // An invoice of a case that is over belongs to no case any more.
  const before = await released(deps, stored?.value ?? { tenant: tenant.id, invoices: [] }, isOver);
  // A clock that was set back must not make what is said now older than what is known.
  const event = { ...said, at: at ?? [now, lastChange(before) ?? now].sort().at(-1) ?? now };
  const outcome = applyFinance(before, event, actor, localDay(now, tenant.timezone));
  if (!outcome.ok || outcome.caseEvents.length === 0) await refuseLatePayment(deps, said);
  if (!outcome.ok) throw faultOf(outcome);
  const { type, until } = event;
  const past = type === 'promised-until' && until !== undefined ? dayProblem(until, { now, tenant }) : undefined;
  if (past !== undefined) throw faultOf(past);
  const { caseEvents } = outcome;
  const account = forgetPaid(outcome.account, now);
  let version = stored?.version;
  let isStored = false;
  for (const [index, { case: id, event: caseEvent }] of caseEvents.entries()) {
    // The account goes with what the case is told, whole with the last of it: when it is too late, it must not claim that the payment
    // saved the data, and of two messages at once the later one to be stored is also the last that the case hears.
    const isLast = index === caseEvents.length - 1;
    const writes = [financeAccounts.write(isLast ? account : before, version ?? 'absent')];
    const decision = await applyCaseEvent(deps, id, { ...caseEvent, at: deps.clock.now() }, { writes });
    // A case that takes no payment and no promise any more has destroyed something: `blocked` says "too late", and nothing else.
    if (!decision.ok) throw faultOf(decision.code === 'invalid' ? decision : { ...decision, code: 'blocked' });
    if (!decision.changed) continue;
    version = (version ?? 0) + 1;
    isStored = isLast;
  }
  await appendLedger(
    deps,
    { tenant, type: `finance-${event.type}`, actor: 'finance', subjects: [], particulars: { said } },
    isStored ? [] : [financeAccounts.write(account, version ?? 'absent')],
  );
  const about = account.invoices.filter(({ invoice }) => event.invoice === undefined || invoice === event.invoice);
  return caseEvents.at(-1)?.case ?? about.find((invoice) => invoice.case !== undefined)?.case;
}

/** Seconds by which the clock of whoever reports may be ahead of ours, as with the signatures of Stripe. */
const toleranceSeconds = 300;

/**
 * What is said of a time to come would outlast all that is true until then. The second itself counts, since some clocks have no
 * more; and in a simulated home others still go by the machine's clock.
 */
function refuseFuture({ clock }: Pick<Deps, 'clock'>, at: string): void {
  const now = Math.max(Date.parse(clock.now()), clock.wall());
  if (Math.floor(Date.parse(at) / 1000) - now / 1000 <= toleranceSeconds) return;
  const message = `${at} lies in the future: it is ${new Date(now).toISOString()}`;
  throw fieldError(['at'], message, 'Give the time when it happened, or leave it out; compare the clocks.');
}

/**
 * A payment that no case hears of can come while all of the account is being destroyed: its invoices are forgotten before the case
 * closes. The account is looked at again last, since it becomes an erased one in the moment in which the case does close.
 */
async function refuseLatePayment(deps: Deps, said: Omit<FinanceEvent, 'at'>): Promise<void> {
  if (said.type !== 'paid' && said.type !== 'part-paid') return;
  const { open } = await openCasesOf(deps, said.tenant);
  const late = open.filter(({ scope }) => isWholeTenant(scope)).find(isTooLate);
  const reason = late && tooLate(late);
  if (reason !== undefined) throw new BlockedError(reason.message, { hint: reason.hint });
  await livingTenant(deps, said);
}

async function livingTenant(deps: Deps, { tenant: id, type }: Omit<FinanceEvent, 'at'>): Promise<Tenant> {
  const { value: tenant } = await requireTenant(deps, id);
  if (tenant.status !== 'erased') return tenant;
  throw new BlockedError(`tenant ${id} was erased: it is too late for "${type}"`, {
    hint: 'The certificate of its case says what was erased and when. Settle what was paid outside of Tenure.',
  });
}
