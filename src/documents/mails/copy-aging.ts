import { type MailTemplate, reachOperator } from '../mail-frame.ts';

/** A source whose newest good copy grows old. */
export interface CopyAgingData {
  source: string;
  newestCopyAt: string;
  ageDays: number;
  /** When this last copy goes, since no copy outlives the plan's cap. */
  expiresAt: string;
}

/** Tells the customer, at 60 days, when the last copy of a source expires. */
export const copyAging: MailTemplate<CopyAgingData> = {
  es: (data, say) => ({
    subject: `Su copia de seguridad más reciente de «${data.source}» tiene ${say.count(data.ageDays, 'day')}`,
    blocks: [
      {
        paragraph: `La copia más reciente de la fuente «${data.source}» es del ${say.date(data.newestCopyAt)}; desde entonces no se ha podido hacer ninguna otra. Como ninguna copia se conserva más allá del plazo acordado, esta se eliminará el ${say.dateTime(data.expiresAt)}.`,
      },
      {
        paragraph: `Para que siga protegida, la fuente debe volver a estar disponible antes de esa fecha. Póngase en contacto con nosotros en ${reachOperator(data, 'o')}; también podemos entregarle una exportación de la última copia.`,
      },
    ],
  }),
  en: (data, say) => ({
    subject: `Your newest backup of “${data.source}” is ${say.count(data.ageDays, 'day')} old`,
    blocks: [
      {
        paragraph: `The newest copy of the source “${data.source}” dates from ${say.date(data.newestCopyAt)}; it has not been possible to take another since. As no copy is kept beyond the agreed period, this one will be erased on ${say.dateTime(data.expiresAt)}.`,
      },
      {
        paragraph: `To stay protected, the source has to be available again before then. Please contact us at ${reachOperator(data, 'or')}; we can also give you an export of the last copy.`,
      },
    ],
  }),
  de: (data, say) => ({
    subject: `Ihre jüngste Sicherung von „${data.source}“ ist ${say.count(data.ageDays, 'day')} alt`,
    blocks: [
      {
        paragraph: `Die jüngste Kopie der Quelle „${data.source}“ stammt vom ${say.date(data.newestCopyAt)}; seither war keine weitere möglich. Da keine Kopie länger als vereinbart aufbewahrt wird, wird sie am ${say.dateTime(data.expiresAt)} gelöscht.`,
      },
      {
        paragraph: `Damit die Quelle geschützt bleibt, muss sie vorher wieder erreichbar sein. Bitte wenden Sie sich an ${reachOperator(data, 'oder')}; auf Wunsch erhalten Sie auch einen Export der letzten Kopie.`,
      },
    ],
  }),
};
