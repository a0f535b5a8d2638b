import type { MailTemplate } from '../mail-frame.ts';
import { type ErasureFacts, erasureFacts } from './erasure-facts.ts';
import { waysToRespond } from './ways-to-respond.ts';

/** First notice of an erasure. */
export interface NoticeData extends ErasureFacts {
  /** Whole days that the plan grants. */
  noticeDays: number;
}

/** The notice that starts the clock: what, when, why, on whose authority, and what the customer can do. */
export const notice: MailTemplate<NoticeData> = {
  es: (data, say) => ({
    subject: `Aviso de eliminación de datos, no antes del ${say.date(data.destroyFrom)} (expediente ${data.caseId})`,
    blocks: [
      {
        paragraph: `Por la presente, ${data.operator.name} le comunica, con ${say.period(data.noticeDays)} de antelación, que tiene previsto eliminar los datos que se describen a continuación. Le rogamos que lea este aviso con atención: una vez iniciada, la eliminación no puede detenerse ni deshacerse.`,
      },
      erasureFacts(data, say),
      ...waysToRespond(data, 'es'),
      {
        paragraph:
          'Si no recibimos respuesta dentro del plazo, los datos y todas sus copias se eliminarán a partir de la fecha indicada. Antes le enviaremos recordatorios y, al terminar, un certificado firmado de la eliminación.',
      },
    ],
  }),
  en: (data, say) => ({
    subject: `Notice of erasure of data, not before ${say.date(data.destroyFrom)} (case ${data.caseId})`,
    blocks: [
      {
        paragraph: `${data.operator.name} hereby gives you notice, ${say.period(data.noticeDays)} in advance, that it intends to erase the data described below. Please read this notice carefully: an erasure that has begun can be neither stopped nor undone.`,
      },
      erasureFacts(data, say),
      ...waysToRespond(data, 'en'),
      {
        paragraph:
          'If we receive no answer within this period, the data and all copies of them will be erased from the date given. You will receive reminders before that, and a signed certificate of the erasure afterwards.',
      },
    ],
  }),
  de: (data, say) => ({
    subject: `Ankündigung der Löschung von Daten, frühestens am ${say.date(data.destroyFrom)} (Vorgang ${data.caseId})`,
    blocks: [
      {
        paragraph: `Hiermit kündigt Ihnen ${data.operator.name} mit einer Frist von ${say.period(data.noticeDays)} an, die nachstehend beschriebenen Daten zu löschen. Bitte lesen Sie diese Ankündigung aufmerksam: Eine begonnene Löschung lässt sich weder anhalten noch rückgängig machen.`,
      },
      erasureFacts(data, say),
      ...waysToRespond(data, 'de'),
      {
        paragraph:
          'Erhalten wir innerhalb der Frist keine Antwort, werden die Daten und alle Kopien davon ab dem genannten Zeitpunkt gelöscht. Zuvor erhalten Sie Erinnerungen, danach ein signiertes Zertifikat über die Löschung.',
      },
    ],
  }),
};
