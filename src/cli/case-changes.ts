import { hash } from 'node:crypto';
import type { Command } from 'commander';
import { InvalidError } from '../domain/errors.ts';
import type { Cli } from './cli.ts';
import { readInputFile } from './input-file.ts';

type Change = Parameters<typeof import('../use-cases/change-case.ts').changeCase.typed>[1]['change'];

/** One subcommand that makes something happen to a case. */
interface ChangeCommand {
  name: string;
  description: string;
  /** Arguments after the case. */
  argument?: [name: string, description: string];
  options?: [flags: string, description: string, required?: boolean][];
  /** The customer's own act, which an operator enters. */
  byCustomer?: boolean;
  change: (given: Given) => Change;
}

/** What was given on the command line. */
interface Given {
  argument: string;
  note?: string;
  until: string;
  clause: string;
  reference: string;
  contact: string;
  channel: string;
  level: string;
  evidence: string;
  reason: string;
}

const until: [string, string, boolean] = [
  '--until <day>',
  "calendar day of the tenant's, for instance 2026-11-30",
  true,
];
const note: [string, string] = ['--note <text>', 'why, in words'];
const level: [string, string, boolean] = ['--level <level>', 'relayed, accepted or acknowledged', true];
const evidence: [string, string, boolean] = [
  '--evidence <file>',
  'a scan or reply that proves it, or its SHA-256; the file itself is not kept',
  true,
];

const changes: readonly ChangeCommand[] = [
  { name: 'approve', description: 'agree to the erasure as a second person', change: () => ({ type: 'approve' }) },
  {
    name: 'cancel',
    description: 'take the case back',
    options: [note],
    change: ({ note: text }) => ({ type: 'cancel', ...noted(text) }),
  },
  {
    name: 'confirm',
    description: "enter the code that was mailed for a customer's own request",
    argument: ['<code>', 'as it stands in the mail'],
    byCustomer: true,
    change: ({ argument }) => ({ type: 'confirm', code: argument }),
  },
  {
    name: 'new-code',
    description: 'mail a new code; the one before counts no more',
    change: () => ({ type: 'new-code' }),
  },
  {
    name: 'object',
    description: 'the customer objects: the clock stands still until it is settled',
    options: [note],
    byCustomer: true,
    change: ({ note: text }) => ({ type: 'object', ...noted(text) }),
  },
  {
    name: 'settle',
    description: 'a dispute, promise or objection is settled against the customer: the clock goes on',
    options: [note],
    change: ({ note: text }) => ({ type: 'settle', ...noted(text) }),
  },
  {
    name: 'extend',
    description: 'put the due day off',
    options: [until],
    change: (given) => ({ type: 'extend', until: given.until }),
  },
  {
    name: 'keep',
    description: 'obsolete data are wanted until a day; then a full new notice begins',
    options: [until],
    change: (given) => ({ type: 'keep-until', until: given.until }),
  },
  {
    name: 'authorise',
    description: 'record why Tenure may erase, where the plan names no clause',
    options: [
      ['--clause <text>', 'the clause, instruction or order', true],
      ['--reference <text>', 'where it stands', true],
    ],
    change: ({ clause, reference }) => ({ type: 'authorise', authority: { clause, reference } }),
  },
  {
    name: 'notify',
    description: 'send the notice again, for instance to an address that was mended',
    options: [['--contact <number>', 'which of the contacts, from 0', true]],
    change: ({ contact }) => ({ type: 'notify-contact', contact: contactOf(contact) }),
  },
  {
    name: 'notice-recorded',
    description: 'record a notice over another way than mail',
    options: [
      ['--contact <number>', 'which of the contacts, from 0', true],
      ['--channel <channel>', 'registered-mail or post', true],
      level,
      evidence,
    ],
    change: (given) => ({
      type: 'notice-recorded',
      contact: contactOf(given.contact),
      channel: given.channel as 'post',
      level: given.level as 'relayed',
      evidence: digestOf(given.evidence),
    }),
  },
  {
    name: 'notice-level',
    description: 'record that a notice has arrived, or was acknowledged',
    argument: ['<delivery>', 'd1, d2, … as `case show --json` names them'],
    options: [level, evidence],
    change: (given) => ({
      type: 'notice-level',
      delivery: given.argument,
      level: given.level as 'relayed',
      evidence: digestOf(given.evidence),
    }),
  },
  {
    name: 'bounce',
    description: 'record that a notice came back: its clock stops, the next contact is tried',
    argument: ['<delivery>', 'd1, d2, … as `case show --json` names them'],
    options: [['--reason <text>', 'what the returned mail says', true]],
    change: ({ argument, reason }) => ({ type: 'bounce', delivery: argument, reason }),
  },
];

/** Adds the subcommands that change a case. */
export function defineCaseChanges(command: Command, cli: Cli): void {
  for (const entry of changes) {
    const sub = command.command(entry.name).description(entry.description).argument('<case>');
    if (entry.argument !== undefined) sub.argument(...entry.argument);
    for (const [flags, description, required] of entry.options ?? []) {
      if (required === true) sub.requiredOption(flags, description);
      else sub.option(flags, description);
    }
    sub.action(
      cli.act(async ({ deps, actor }, id: string, ...rest: unknown[]) => {
        const [{ changeCase }, { requireCase }, { statusToShow }] = await Promise.all([
          import('../use-cases/change-case.ts'),
          import('../use-cases/show-case.ts'),
          import('../use-cases/shown-status.ts'),
        ]);
        const { tenant } = await requireCase(deps, id);
        const options = rest.at(-1) as Omit<Given, 'argument'>;
        const argument = entry.argument === undefined ? '' : String(rest[0]);
        const after = await changeCase.typed(deps, {
          case: id,
          actor: entry.byCustomer === true ? { kind: 'customer', id: tenant } : actor,
          change: entry.change({ ...options, argument }),
        });
        const status = await statusToShow(deps, after);
        const json = { id, tenant, reason: after.reason, status };
        return { json, text: `Case ${id} is ${status} now.` };
      }),
    );
  }
}

function noted(text: string | undefined): { note?: string } {
  return text === undefined ? {} : { note: text };
}

function contactOf(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new InvalidError(`"${text}" is no number of a contact`, {
    hint: 'The first contact is 0: `tenure tenant show` lists them.',
  });
}

/** SHA-256 of the evidence; of a file, or as it was given. */
function digestOf(text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? text : hash('sha256', readInputFile(text), 'hex');
}
