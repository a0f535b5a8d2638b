import type { Locale } from '../../domain/tenant.ts';
import type { Block } from '../blocks.ts';
import { sayValue } from '../certificate-values.ts';
import type { MailTemplate } from '../mail-frame.ts';
import type { Phrases } from '../phrases.ts';

/** An erasure of which something cannot go yet. */
export interface InterimReportData {
  caseId: string;
  /** When the last step so far ended. */
  performedAt: string;
  /** What is still there, and from when it can go, where that is known. */
  remainder: readonly { place: string; what: string; reason: string; until?: string }[];
}

const words: Record<Locale, { head: string; until: string; unknown: string }> = {
  es: { head: 'Lo que aún queda', until: 'previsto para el', unknown: 'sin fecha conocida' },
  en: { head: 'What is still there', until: 'expected to be gone on', unknown: 'no date known' },
  de: { head: 'Was noch vorhanden ist', until: 'voraussichtlich gelöscht am', unknown: 'kein Termin bekannt' },
};

function remainderBlocks(data: InterimReportData, say: Phrases): Block[] {
  const word = words[say.locale];
  const lines = data.remainder.map(({ place, what, reason, until }) => {
    const date = until === undefined ? word.unknown : `${word.until} ${say.date(until)}`;
    const [where, which, why] = [place, what, reason].map((value) => sayValue(value, say.locale));
    return `${where}: ${which} – ${why} (${date})`;
  });
  return [{ heading: word.head }, { list: lines }];
}

/** Tells what is erased and what is not yet; there is no certificate before all is. */
export const interimReport: MailTemplate<InterimReportData> = {
  es: (data, say) => ({
    subject: `Informe provisional de eliminación (expediente ${data.caseId})`,
    blocks: [
      {
        paragraph: `En el expediente ${data.caseId} se han ejecutado, hasta el ${say.dateTime(data.performedAt)}, todas las operaciones de eliminación que eran posibles. Lo siguiente no puede eliminarse todavía:`,
      },
      ...remainderBlocks(data, say),
      {
        paragraph:
          'Seguiremos con la eliminación en cuanto sea posible. El certificado se emitirá cuando haya terminado; este informe no lo sustituye.',
      },
    ],
  }),
  en: (data, say) => ({
    subject: `Interim report on an erasure (case ${data.caseId})`,
    blocks: [
      {
        paragraph: `In case ${data.caseId}, every operation that was possible had been performed by ${say.dateTime(data.performedAt)}. The following cannot be erased yet:`,
      },
      ...remainderBlocks(data, say),
      {
        paragraph:
          'We will continue as soon as this is possible. The certificate is issued when the erasure is complete; this report does not replace it.',
      },
    ],
  }),
  de: (data, say) => ({
    subject: `Zwischenbericht über eine Löschung (Vorgang ${data.caseId})`,
    blocks: [
      {
        paragraph: `Im Vorgang ${data.caseId} wurden bis ${say.dateTime(data.performedAt)} alle Löschschritte ausgeführt, die möglich waren. Folgendes lässt sich noch nicht löschen:`,
      },
      ...remainderBlocks(data, say),
      {
        paragraph:
          'Wir setzen die Löschung fort, sobald dies möglich ist. Das Zertifikat wird ausgestellt, wenn sie abgeschlossen ist; dieser Bericht ersetzt es nicht.',
      },
    ],
  }),
};
