import type { CaseReason } from '../../domain/authority.ts';
import type { Locale } from '../../domain/tenant.ts';
import type { Block } from '../blocks.ts';
import { type MailContext, reachOperator } from '../mail-frame.ts';

const texts: Record<
  Locale,
  {
    heading: string;
    or: string;
    ways: Record<CaseReason, string[]>;
    /** Before the address at which the invoices are paid. */
    payAt: string;
    export: string;
    /** Where the page of the case gives it out. */
    exportThere: string;
    how: (id: string, reach: string) => string;
  }
> = {
  es: {
    heading: 'Qué puede hacer',
    or: 'o',
    ways: {
      'customer-request': ['Cancelar: puede retirar su solicitud y no se eliminará nada.'],
      'non-payment': [
        'Pagar: el pago de las facturas pendientes, recibido antes de que empiece la eliminación, la cancela.',
        'Oponerse: si no está de acuerdo con la deuda, comuníquenoslo y el plazo se detendrá hasta que se aclare.',
      ],
      obsolete: [
        'Oponerse: indíquenos que todavía necesita los datos y no se eliminará nada mientras se aclara.',
        'Conservar: indíquenos hasta qué fecha deben conservarse los datos.',
      ],
    },
    payAt: 'Puede pagar aquí:',
    exportThere:
      'Exportar: hasta que empiece la eliminación puede descargar una copia de los datos en la página del expediente, o pedírnosla.',
    export: 'Exportar: puede pedirnos, antes de que venza el plazo, una copia completa de los datos.',
    how: (id, reach) => `Basta con responder a este mensaje o contactarnos en ${reach}, indicando el expediente ${id}.`,
  },
  en: {
    heading: 'What you can do',
    or: 'or',
    ways: {
      'customer-request': ['Cancel: you can withdraw your request, and nothing will be erased.'],
      'non-payment': [
        'Pay: payment of the open invoices that reaches us before the erasure begins cancels it.',
        'Object: if you dispute the debt, tell us, and the period stops until the matter is settled.',
      ],
      obsolete: [
        'Object: tell us that you still need the data, and nothing will be erased until the matter is settled.',
        'Keep: tell us until which date the data must be kept.',
      ],
    },
    payAt: 'You can pay here:',
    exportThere:
      'Export: until the erasure begins you can download a copy of the data from the page of the case, or ask us for one.',
    export: 'Export: before the period ends you can ask us for a complete copy of the data.',
    how: (id, reach) => `Simply reply to this message or contact us at ${reach}, quoting case ${id}.`,
  },
  de: {
    heading: 'Was Sie tun können',
    or: 'oder',
    ways: {
      'customer-request': ['Zurückziehen: Sie können Ihr Verlangen zurückziehen; dann wird nichts gelöscht.'],
      'non-payment': [
        'Zahlen: Gehen die offenen Beträge ein, bevor die Löschung beginnt, wird sie abgesagt.',
        'Widersprechen: Bestreiten Sie die Forderung, so teilen Sie uns das bitte mit; die Frist ruht dann bis zur Klärung.',
      ],
      obsolete: [
        'Widersprechen: Teilen Sie uns mit, dass Sie die Daten noch benötigen; bis zur Klärung wird nichts gelöscht.',
        'Aufbewahren: Teilen Sie uns mit, bis zu welchem Tag die Daten aufbewahrt werden sollen.',
      ],
    },
    payAt: 'Zahlen können Sie hier:',
    exportThere:
      'Exportieren: Bis die Löschung beginnt, können Sie auf der Seite des Vorgangs eine Kopie der Daten herunterladen oder eine von uns anfordern.',
    export: 'Exportieren: Vor Ablauf der Frist können Sie eine vollständige Kopie der Daten von uns anfordern.',
    how: (id, reach) =>
      `Antworten Sie dazu einfach auf diese Nachricht oder wenden Sie sich an ${reach}; geben Sie bitte den Vorgang ${id} an.`,
  },
};

/** What the customer can do before an erasure: object, pay, keep or cancel (by reason), and export in any case. */
export function waysToRespond(data: { reason: CaseReason; caseId: string } & MailContext, locale: Locale): Block[] {
  const text = texts[locale];
  const { reason, link, paymentUrl } = data;
  return [
    { heading: text.heading },
    { list: [...text.ways[reason], link === undefined ? text.export : text.exportThere] },
    ...(reason === 'non-payment' && paymentUrl !== undefined ? [{ paragraph: text.payAt }, { link: paymentUrl }] : []),
    { paragraph: text.how(data.caseId, reachOperator(data, text.or)) },
  ];
}
