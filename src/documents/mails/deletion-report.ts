import type { Scope } from '../../domain/scope.ts';
import type { Locale } from '../../domain/tenant.ts';
import type { Block } from '../blocks.ts';
import type { MailTemplate } from '../mail-frame.ts';
import type { Phrases } from '../phrases.ts';

/** The end of an erasure; the certificate is attached. */
export interface DeletionReportData {
  caseId: string;
  certificateId: string;
  scope: Scope;
  objects: number;
  bytes: number;
  /** Backup copies that were erased. */
  copies: number;
  completedAt: string;
  /** Names of the attached files. */
  attachments: readonly string[];
}

const labels: Record<
  Locale,
  Record<'case' | 'certificate' | 'what' | 'extent' | 'copies' | 'completed' | 'attached', string>
> = {
  es: {
    case: 'Expediente',
    certificate: 'Certificado',
    what: 'Alcance',
    extent: 'Datos activos',
    copies: 'Copias de seguridad',
    completed: 'Concluida el',
    attached: 'Adjuntos',
  },
  en: {
    case: 'Case',
    certificate: 'Certificate',
    what: 'Scope',
    extent: 'Live data',
    copies: 'Backup copies',
    completed: 'Completed on',
    attached: 'Attached',
  },
  de: {
    case: 'Vorgang',
    certificate: 'Zertifikat',
    what: 'Umfang',
    extent: 'Aktive Daten',
    copies: 'Sicherungskopien',
    completed: 'Abgeschlossen am',
    attached: 'Anlagen',
  },
};

function reportFacts(data: DeletionReportData, say: Phrases): Block {
  const label = labels[say.locale];
  return {
    facts: [
      [label.case, data.caseId],
      [label.certificate, data.certificateId],
      [label.what, say.scope(data.scope)],
      [label.extent, `${say.count(data.objects, 'object')}, ${say.bytes(data.bytes)}`],
      [label.copies, say.count(data.copies, 'copy')],
      [label.completed, say.dateTime(data.completedAt)],
      [label.attached, data.attachments],
    ],
  };
}

const verify = (files: readonly string[]): Block[] => {
  const keys = files.find((file) => file.endsWith('keys.json'));
  const option = keys === undefined ? '' : ` --jwks ${keys}`;
  return files.slice(0, 1).map((file) => ({ command: `tenure certificate verify ${file}${option}` }));
};

/** Final report. Says what the certificate says and nothing beyond it. */
export const deletionReport: MailTemplate<DeletionReportData> = {
  es: (data, say) => ({
    subject: `Informe y certificado de eliminación (expediente ${data.caseId})`,
    blocks: [
      {
        paragraph:
          'La eliminación de datos que le anunciamos ha concluido. Adjuntamos el certificado firmado, que enumera los lugares, las operaciones y su comprobación.',
      },
      reportFacts(data, say),
      {
        paragraph:
          'En los lugares indicados, y en los momentos indicados, las operaciones indicadas se ejecutaron y comprobaron según consta. Los lugares no indicados no fueron examinados.',
      },
      {
        paragraph:
          'Conserve los archivos adjuntos sin modificarlos. Cualquiera puede comprobarlos sin conexión, con nuestra clave pública:',
      },
      ...verify(data.attachments),
    ],
  }),
  en: (data, say) => ({
    subject: `Report and certificate of erasure (case ${data.caseId})`,
    blocks: [
      {
        paragraph:
          'The erasure of data of which we gave you notice has been completed. The signed certificate is attached; it lists the places, the operations and their verification.',
      },
      reportFacts(data, say),
      {
        paragraph:
          'In the places listed, at the times listed, the operations listed were performed and verified as stated. Places not listed were not examined.',
      },
      { paragraph: 'Please keep the attached files unchanged. Anyone can verify them offline with our public key:' },
      ...verify(data.attachments),
    ],
  }),
  de: (data, say) => ({
    subject: `Bericht und Zertifikat über die Löschung (Vorgang ${data.caseId})`,
    blocks: [
      {
        paragraph:
          'Die angekündigte Löschung von Daten ist abgeschlossen. Beigefügt ist das signierte Zertifikat; es führt die Orte, die Schritte und ihre Prüfung auf.',
      },
      reportFacts(data, say),
      {
        paragraph:
          'An den aufgeführten Orten wurden zu den aufgeführten Zeiten die aufgeführten Schritte ausgeführt und wie angegeben geprüft. Nicht aufgeführte Orte wurden nicht untersucht.',
      },
      {
        paragraph:
          'Bitte bewahren Sie die beigefügten Dateien unverändert auf. Mit unserem öffentlichen Schlüssel kann sie jeder ohne Netzverbindung prüfen:',
      },
      ...verify(data.attachments),
    ],
  }),
};
