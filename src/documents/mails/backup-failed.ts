import type { MailTemplate } from '../mail-frame.ts';

/** A backup that was due and is not there. */
export interface BackupFailedData {
  source: string;
  run: string;
  failedAt: string;
  /** What failed, in the program's words. */
  reason: string;
  /** Newest good copy, where there is one. */
  lastGoodAt?: string;
}

/** Tells the operator that one source was not backed up; other sources are not affected. */
export const backupFailed: MailTemplate<BackupFailedData> = {
  es: (data, say) => ({
    subject: `Copia de seguridad fallida: ${data.tenant.id}/${data.source}`,
    blocks: [
      {
        paragraph: `La copia de seguridad de la fuente «${data.source}» de ${data.tenant.name} ha fallado. Las demás fuentes no se ven afectadas.`,
      },
      {
        facts: [
          ['Cliente', `${data.tenant.name} (${data.tenant.id})`],
          ['Fuente', data.source],
          ['Ejecución', data.run],
          ['Falló el', say.dateTime(data.failedAt)],
          ['Causa', data.reason],
          ['Última copia correcta', data.lastGoodAt === undefined ? 'ninguna' : say.dateTime(data.lastGoodAt)],
        ],
      },
      { paragraph: 'Corrija la causa y repita la copia:' },
      { command: `tenure run backup --tenant ${data.tenant.id} --source ${data.source}` },
    ],
  }),
  en: (data, say) => ({
    subject: `Backup failed: ${data.tenant.id}/${data.source}`,
    blocks: [
      {
        paragraph: `The backup of the source “${data.source}” of ${data.tenant.name} has failed. Other sources are not affected.`,
      },
      {
        facts: [
          ['Customer', `${data.tenant.name} (${data.tenant.id})`],
          ['Source', data.source],
          ['Run', data.run],
          ['Failed on', say.dateTime(data.failedAt)],
          ['Cause', data.reason],
          ['Newest good copy', data.lastGoodAt === undefined ? 'none' : say.dateTime(data.lastGoodAt)],
        ],
      },
      { paragraph: 'Mend the cause and run the backup again:' },
      { command: `tenure run backup --tenant ${data.tenant.id} --source ${data.source}` },
    ],
  }),
  de: (data, say) => ({
    subject: `Sicherung fehlgeschlagen: ${data.tenant.id}/${data.source}`,
    blocks: [
      {
        paragraph: `Die Sicherung der Quelle „${data.source}“ von ${data.tenant.name} ist fehlgeschlagen. Andere Quellen sind nicht betroffen.`,
      },
      {
        facts: [
          ['Kunde', `${data.tenant.name} (${data.tenant.id})`],
          ['Quelle', data.source],
          ['Lauf', data.run],
          ['Fehlgeschlagen am', say.dateTime(data.failedAt)],
          ['Ursache', data.reason],
          ['Jüngste gute Kopie', data.lastGoodAt === undefined ? 'keine' : say.dateTime(data.lastGoodAt)],
        ],
      },
      { paragraph: 'Beheben Sie die Ursache und wiederholen Sie die Sicherung:' },
      { command: `tenure run backup --tenant ${data.tenant.id} --source ${data.source}` },
    ],
  }),
};
