import type { Locale } from '../../domain/tenant.ts';
import type { MailTemplate } from '../mail-frame.ts';

/** An erasure that will not take place. */
export interface CancellationData {
  caseId: string;
  cancelledAt: string;
  /** By payment, withdrawn by the customer or by the operator, or the request was not confirmed in time. */
  cause: 'payment' | 'customer' | 'operator' | 'not-confirmed';
}

const causes: Record<Locale, Record<CancellationData['cause'], string>> = {
  es: {
    payment: 'Hemos recibido su pago, que agradecemos.',
    customer: 'Hemos atendido su comunicación.',
    operator: 'Hemos retirado el aviso.',
    'not-confirmed': 'La solicitud no se confirmó dentro del plazo.',
  },
  en: {
    payment: 'We have received your payment, for which we thank you.',
    customer: 'We have acted on your message.',
    operator: 'We have withdrawn our notice.',
    'not-confirmed': 'The request was not confirmed in time.',
  },
  de: {
    payment: 'Ihre Zahlung ist bei uns eingegangen; vielen Dank.',
    customer: 'Wir haben Ihre Mitteilung berücksichtigt.',
    operator: 'Wir haben unsere Ankündigung zurückgenommen.',
    'not-confirmed': 'Das Verlangen wurde nicht rechtzeitig bestätigt.',
  },
};

/** Tells the customer that nothing will be erased. */
export const cancellation: MailTemplate<CancellationData> = {
  es: (data, say) => ({
    subject: `Eliminación de datos cancelada (expediente ${data.caseId})`,
    blocks: [
      {
        paragraph: `${causes.es[data.cause]} El expediente ${data.caseId} quedó cancelado el ${say.dateTime(data.cancelledAt)}.`,
      },
      {
        paragraph:
          'No se eliminará ningún dato en virtud de este expediente, y sus copias de seguridad continúan conforme a su plan. No tiene que hacer nada más.',
      },
    ],
  }),
  en: (data, say) => ({
    subject: `Erasure of data cancelled (case ${data.caseId})`,
    blocks: [
      {
        paragraph: `${causes.en[data.cause]} Case ${data.caseId} was cancelled on ${say.dateTime(data.cancelledAt)}.`,
      },
      {
        paragraph:
          'No data will be erased under this case, and your backups continue according to your plan. You need do nothing further.',
      },
    ],
  }),
  de: (data, say) => ({
    subject: `Löschung von Daten abgesagt (Vorgang ${data.caseId})`,
    blocks: [
      {
        paragraph: `${causes.de[data.cause]} Der Vorgang ${data.caseId} wurde am ${say.dateTime(data.cancelledAt)} beendet.`,
      },
      {
        paragraph:
          'Aufgrund dieses Vorgangs werden keine Daten gelöscht; Ihre Sicherungen laufen nach Ihrem Plan weiter. Sie brauchen nichts weiter zu tun.',
      },
    ],
  }),
};
