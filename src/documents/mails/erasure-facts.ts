import type { CaseReason } from '../../domain/authority.ts';
import type { Money } from '../../domain/finance.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Locale } from '../../domain/tenant.ts';
import type { Block } from '../blocks.ts';
import type { MailContext } from '../mail-frame.ts';
import type { Phrases } from '../phrases.ts';

/** What notices and reminders say of an erasure that lies ahead. */
export interface ErasureFacts {
  caseId: string;
  reason: CaseReason;
  scope: Scope;
  /** Clause of the agreement, instruction or order that entitles to the erasure, as text. */
  authority: { clause: string; reference?: string };
  /** End of the day until which the customer may respond. */
  dueAt: string;
  /** Instant before which nothing is destroyed. */
  destroyFrom: string;
  /** Sources in the scope, with what is known of their size. */
  sources: readonly { name: string; location: string; objects: number; bytes: number }[];
  /** Backup copies in the scope. */
  copies: number;
  /** Invoices that are open, for non-payment. */
  invoices?: readonly { invoice: string; amount?: Money }[];
}

/** Paths listed in a mail; a longer list is counted. */
const pathsInMail = 50;

const labels: Record<
  Locale,
  Record<'case' | 'customer' | 'what' | 'copies' | 'why' | 'authority' | 'invoices' | 'until' | 'from', string>
> = {
  es: {
    case: 'Expediente',
    customer: 'Cliente',
    what: 'Qué se eliminará',
    copies: 'Copias de seguridad',
    why: 'Motivo',
    authority: 'Fundamento',
    invoices: 'Facturas pendientes',
    until: 'Plazo de respuesta, hasta el',
    from: 'Inicio de la eliminación, no antes del',
  },
  en: {
    case: 'Case',
    customer: 'Customer',
    what: 'What will be erased',
    copies: 'Backup copies',
    why: 'Reason',
    authority: 'Authority',
    invoices: 'Open invoices',
    until: 'You may respond until',
    from: 'The erasure will not begin before',
  },
  de: {
    case: 'Vorgang',
    customer: 'Kunde',
    what: 'Was gelöscht wird',
    copies: 'Sicherungskopien',
    why: 'Grund',
    authority: 'Grundlage',
    invoices: 'Offene Rechnungen',
    until: 'Antwort möglich bis',
    from: 'Beginn der Löschung, frühestens',
  },
};

const andMore: Record<Locale, (more: string) => string> = {
  es: (more) => `y ${more} más, según la lista del expediente`,
  en: (more) => `and ${more} more, as listed in the case`,
  de: (more) => `und ${more} weitere gemäß der Liste des Vorgangs`,
};

const allCopies: Record<Locale, (copies: string) => string> = {
  es: (copies) => `${copies}, en todos los lugares donde se guardan`,
  en: (copies) => `${copies}, in every place where they are kept`,
  de: (copies) => `${copies}, an allen Orten, an denen sie aufbewahrt werden`,
};

/** The table of facts of an erasure: what, why, on whose authority, until when. */
export function erasureFacts(data: ErasureFacts & MailContext, say: Phrases): Block {
  const label = labels[say.locale];
  const { authority, invoices = [] } = data;
  return {
    facts: [
      [label.case, data.caseId],
      [label.customer, `${data.tenant.name} (${data.tenant.id})`],
      [label.what, scopeLines(data, say)],
      [label.copies, allCopies[say.locale](say.count(data.copies, 'copy'))],
      [label.why, say.reason(data.reason)],
      [
        label.authority,
        authority.reference === undefined ? authority.clause : `${authority.clause} (${authority.reference})`,
      ],
      ...(invoices.length > 0
        ? [[label.invoices, invoices.map((open) => invoiceLine(open, say))] satisfies [string, string[]]]
        : []),
      [label.until, say.dateTime(data.dueAt)],
      [label.from, say.dateTime(data.destroyFrom)],
    ],
  };
}

/** The scope with its sources or paths, a line each. */
export function scopeLines({ scope, sources }: Pick<ErasureFacts, 'scope' | 'sources'>, say: Phrases): string[] {
  const { paths } = scope;
  if (paths && scope.source !== undefined) {
    const rest = paths.length - pathsInMail;
    return [
      say.scopeHead(scope),
      ...paths.slice(0, pathsInMail),
      ...(rest > 0 ? [andMore[say.locale](say.count(rest, 'path'))] : []),
    ];
  }
  return [
    say.scope(scope),
    ...sources.map(
      ({ name, location, objects, bytes }) =>
        `${name}: ${location} (${say.count(objects, 'object')}, ${say.bytes(bytes)})`,
    ),
  ];
}

/** An open invoice in a line. */
export function invoiceLine({ invoice, amount }: { invoice: string; amount?: Money }, say: Phrases): string {
  return amount === undefined ? invoice : `${invoice}: ${say.money(amount)}`;
}
