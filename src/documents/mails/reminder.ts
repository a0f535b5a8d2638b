import type { MailTemplate } from '../mail-frame.ts';
import { type ErasureFacts, erasureFacts } from './erasure-facts.ts';
import { waysToRespond } from './ways-to-respond.ts';

/** Reminder of a notice that was given before. */
export interface ReminderData extends ErasureFacts {
  /** Whole days until the period ends. */
  daysLeft: number;
  /** When the notice was given. */
  noticeSentAt: string;
}

/** Sent some days before the period ends. */
export const reminder: MailTemplate<ReminderData> = {
  es: (data, say) => ({
    subject: `Recordatorio: ${data.daysLeft === 1 ? 'queda' : 'quedan'} ${say.count(data.daysLeft, 'day')} para responder antes de la eliminación de datos (expediente ${data.caseId})`,
    blocks: [
      {
        paragraph: `Le recordamos nuestro aviso del ${say.date(data.noticeSentAt)}: ${data.daysLeft === 1 ? 'falta' : 'faltan'} ${say.count(data.daysLeft, 'day')} para que venza el plazo de respuesta. Una vez iniciada, la eliminación no puede detenerse ni deshacerse.`,
      },
      erasureFacts(data, say),
      ...waysToRespond(data, 'es'),
      {
        paragraph:
          'Si ya nos ha respondido o ha efectuado el pago en estos días, le rogamos que no tenga en cuenta este mensaje.',
      },
    ],
  }),
  en: (data, say) => ({
    subject: `Reminder: ${say.count(data.daysLeft, 'day')} left to respond before data are erased (case ${data.caseId})`,
    blocks: [
      {
        paragraph: `We refer to our notice of ${say.date(data.noticeSentAt)}: the period in which you may respond ends in ${say.period(data.daysLeft)}. An erasure that has begun can be neither stopped nor undone.`,
      },
      erasureFacts(data, say),
      ...waysToRespond(data, 'en'),
      { paragraph: 'If you have answered or paid in the last few days, please disregard this message.' },
    ],
  }),
  de: (data, say) => ({
    subject: `Erinnerung: noch ${say.count(data.daysLeft, 'day')} Frist vor der Löschung von Daten (Vorgang ${data.caseId})`,
    blocks: [
      {
        paragraph: `Wir erinnern an unsere Ankündigung vom ${say.date(data.noticeSentAt)}: Die Frist, in der Sie antworten können, endet in ${say.period(data.daysLeft)}. Eine begonnene Löschung lässt sich weder anhalten noch rückgängig machen.`,
      },
      erasureFacts(data, say),
      ...waysToRespond(data, 'de'),
      {
        paragraph:
          'Haben Sie in den letzten Tagen bereits geantwortet oder gezahlt, so betrachten Sie diese Nachricht bitte als gegenstandslos.',
      },
    ],
  }),
};
