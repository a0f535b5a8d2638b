import type { Locale } from '../domain/tenant.ts';
import type { Block } from './blocks.ts';
import type { Phrases } from './phrases.ts';

/** Who runs Tenure and answers to the customer. */
export interface OperatorWords {
  /** Company or department, as it signs. */
  name: string;
  email: string;
  phone?: string;
}

/** What every mail needs to know. */
export interface MailContext {
  /** Name of the person who is written to. */
  recipient: string;
  operator: OperatorWords;
  tenant: { id: string; name: string };
  /** IANA zone in which dates are said. */
  timezone: string;
  /** True in a home that lives under a simulated clock: the mail says so. */
  simulation: boolean;
  /** Address of the case's own page. */
  link?: string;
  /** Where open invoices are paid. */
  paymentUrl?: string;
}

/** The part of a mail that differs between templates. */
export interface MailBody {
  subject: string;
  blocks: Block[];
}

/** Writes one kind of mail in each language. */
export type MailTemplate<Data> = Record<Locale, (data: Data & MailContext, say: Phrases) => MailBody>;

const frames: Record<
  Locale,
  { greeting: (name: string) => string; closing: string; simulation: string; mark: string; follow: string }
> = {
  es: {
    greeting: (name) => `A la atención de ${name}:`,
    closing: 'Atentamente,',
    simulation: 'SIMULACIÓN: este mensaje procede de un entorno de prueba con reloj simulado y no tiene efecto alguno.',
    mark: '[SIMULACIÓN]',
    follow: 'Puede seguir este expediente, y responder, en su propia página:',
  },
  en: {
    greeting: (name) => `Dear ${name},`,
    closing: 'Yours sincerely,',
    simulation: 'SIMULATION: this message comes from a trial environment with a simulated clock and has no effect.',
    mark: '[SIMULATION]',
    follow: 'You can follow this case, and respond, on a page of its own:',
  },
  de: {
    greeting: (name) => `Guten Tag ${name},`,
    closing: 'Mit freundlichen Grüßen',
    simulation:
      'SIMULATION: Diese Nachricht stammt aus einer Testumgebung mit simulierter Uhr und hat keinerlei Wirkung.',
    mark: '[SIMULATION]',
    follow: 'Auf einer eigenen Seite können Sie diesen Vorgang verfolgen und antworten:',
  },
};

/** Puts greeting, closing and signature around a body, and marks what is only simulated. */
export function frameMail(body: MailBody, context: MailContext, locale: Locale): MailBody {
  const frame = frames[locale];
  const { operator } = context;
  const reach = [operator.email, operator.phone].filter((way) => way !== undefined).join(' · ');
  return {
    subject: context.simulation ? `${frame.mark} ${body.subject}` : body.subject,
    blocks: [
      ...(context.simulation ? [{ paragraph: frame.simulation }] : []),
      { paragraph: frame.greeting(context.recipient) },
      ...body.blocks,
      ...(context.link === undefined ? [] : [{ paragraph: frame.follow }, { link: context.link }]),
      { paragraph: `${frame.closing}\n${operator.name}\n${reach}` },
    ],
  };
}

/** How to reach the operator: `Example Ltd at help@example.com or +57 …`. */
export function reachOperator({ operator }: Pick<MailContext, 'operator'>, or: string): string {
  return operator.phone === undefined ? operator.email : `${operator.email} ${or} ${operator.phone}`;
}
