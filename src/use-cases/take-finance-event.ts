import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { applyFinance, invoicesToOpen, linkCase, releaseCase } from '../domain/apply-finance.ts';
import { localDay } from '../domain/calendar.ts';
import { isOver } from '../domain/case.ts';
import { BlockedError, ConflictError, InvalidError, NotFoundError } from '../domain/errors.ts';
import { fieldOf } from '../domain/field-fault.ts';
import type { FinanceAccount } from '../domain/finance.ts';
import type { Tenant } from '../domain/tenant.ts';
import { cases, financeAccounts, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { applyCaseEvent } from './apply-case-event.ts';
import { openNewCase } from './open-case.ts';
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

/** What finance says about an account: opens, stops, goes on with or cancels the non-payment case that it means. */
export const takeFinanceEvent = useCase(input, async (deps, { actor, at, ...said }) => {
  const tenant = (await tenants.read(deps.table, said.tenant))?.value;
  if (tenant === undefined) {
    throw new NotFoundError(`there is no tenant ${said.tenant}`, { hint: '`tenure tenant list` shows all tenants.' });
  }
  if (tenant.status === 'erased') {
    throw new BlockedError(`tenant ${tenant.id} was erased: it is too late for "${said.type}"`, {
      hint: 'The certificate of its case says what was erased and when. Settle what was paid outside of Tenure.',
    });
  }
  const event = JSON.parse(JSON.stringify({ ...said, at: at ?? deps.clock.now() })) as Parameters<
    typeof applyFinance
  >[1];
  const stored = await financeAccounts.read(deps.table, tenant.id);
  const outcome = applyFinance(stored?.value ?? { tenant: tenant.id, invoices: [] }, event, actor);
  if (!outcome.ok) {
    const Fault = outcome.code === 'invalid' ? InvalidError : ConflictError;
    throw new Fault(outcome.reason, { hint: outcome.hint, fields: fieldOf(outcome) });
  }
  // The case first: when it is too late, the account must not claim that the payment saved the data.
  for (const { case: id, event: caseEvent } of outcome.caseEvents) {
    const decision = await applyCaseEvent(deps, id, { ...caseEvent, at: deps.clock.now() });
    if (!decision.ok)
      throw new BlockedError(decision.reason, { hint: decision.hint, details: { reasons: decision.reasons ?? [] } });
  }
  let account = await releaseEnded(deps, outcome.account);
  const opened = await openWhatIsOwed(deps, tenant, account, actor);
  if (opened !== undefined) account = linkCase(account, opened.id, opened.invoices);
  await appendLedger(
    deps,
    { tenant, type: `finance-${said.type}`, actor: 'finance', subjects: [], particulars: { said } },
    [financeAccounts.write(account, stored?.version ?? 'absent')],
  );
  const about = opened?.id ?? outcome.caseEvents.at(-1)?.case;
  return { tenant: tenant.id, case: about === undefined ? undefined : (await cases.read(deps.table, about))?.value };
});

/** Invoices of cases that are over belong to no case any more. */
async function releaseEnded(deps: Deps, account: FinanceAccount): Promise<FinanceAccount> {
  let released = account;
  for (const id of new Set(account.invoices.map((invoice) => invoice.case))) {
    if (id === undefined) continue;
    const value = (await cases.read(deps.table, id))?.value;
    if (value === undefined || isOver(value)) released = releaseCase(released, id);
  }
  return released;
}

async function openWhatIsOwed(
  deps: Deps,
  tenant: Tenant,
  account: FinanceAccount,
  actor: Parameters<typeof applyFinance>[2],
) {
  const invoices = invoicesToOpen(account, localDay(deps.clock.now(), tenant.timezone));
  if (invoices.length === 0) return undefined;
  const open = (await cases.of(deps.table, tenant.id)).find(
    ({ value }) => value.reason === 'non-payment' && !isOver(value),
  );
  // A crash between opening the case and linking it: the case is there, only the account did not know.
  return (
    open?.value ??
    (await openNewCase(deps, tenant, { scope: { tenant: tenant.id }, reason: 'non-payment', actor, invoices }))
  );
}
