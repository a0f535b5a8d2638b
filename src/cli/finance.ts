import { InvalidError } from '../domain/errors.ts';
import type { FinanceEvent } from '../domain/finance.ts';
import type { CommandModule } from './cli.ts';
import { parseMoney } from './money.ts';

interface FinanceOptions {
  invoice?: string;
  amount?: string;
  currency?: string;
  until?: string;
  valueDate?: string;
  payment?: string;
}

/** Subcommand → what finance says. */
const says: [name: string, type: FinanceEvent['type'], description: string][] = [
  ['unpaid', 'unpaid', 'an invoice is unpaid: opens a case, with notice before anything is erased'],
  ['paid', 'paid', 'it is paid: cancels the case up to the first destructive step'],
  ['part-paid', 'part-paid', 'a part is paid: notices ask for the rest'],
  ['dispute', 'disputed', 'it is disputed: the clock stands still until that is settled'],
  ['promise', 'promised-until', 'payment is promised until a day: the clock stands still until then'],
  ['reverse', 'reversed', 'a payment was taken back: a new case begins, with full notice'],
];

export const define: CommandModule['define'] = (finance, cli) => {
  for (const [name, type, description] of says) {
    const command = finance
      .command(name)
      .description(description)
      .argument('<tenant>')
      .option('--invoice <number>', 'without it the account as a whole is meant')
      .option('--amount <amount>', 'what is open, or what was paid, for instance 12.50')
      .option('--currency <code>', 'ISO 4217, for instance EUR; with --amount')
      .option('--value-date <day>', 'calendar day on which the money counts')
      .option('--payment <id>', "finance's own id of the payment: the same one counts once");
    if (type === 'promised-until') command.requiredOption('--until <day>', 'calendar day, for instance 2026-11-30');
    command.action(
      cli.act(async ({ deps, actor }, tenant: string, { amount, currency, ...rest }: FinanceOptions) => {
        const [{ takeFinanceEvent }, { statusToShow }] = await Promise.all([
          import('../use-cases/take-finance-event.ts'),
          import('../use-cases/shown-status.ts'),
        ]);
        const money = moneyOf(amount, currency);
        const outcome = await takeFinanceEvent.typed(deps, {
          tenant,
          type,
          ...rest,
          ...(money === undefined ? {} : { amount: money }),
          actor: { kind: 'finance', id: `cli:${actor.id}` },
        });
        const { case: about, reason } = outcome;
        const shown =
          about === undefined ? null : { id: about.id, reason: about.reason, status: await statusToShow(deps, about) };
        const json = { tenant, case: shown, ...(reason === undefined ? {} : { reason }) };
        const text =
          shown === null
            ? `Noted for tenant ${tenant}; ${reason ?? 'no case is about it'}.`
            : `Noted for tenant ${tenant}: case ${shown.id} is ${shown.status}.`;
        return { json, text };
      }),
    );
  }
};

function moneyOf(amount: string | undefined, currency: string | undefined) {
  if (amount === undefined && currency === undefined) return undefined;
  if (amount !== undefined && currency !== undefined) return parseMoney(amount, currency);
  throw new InvalidError('an amount needs a currency, and the other way round', {
    hint: 'For instance --amount 12.50 --currency EUR.',
  });
}
