import type { CaseReason } from '../../domain/authority.ts';
import type { Scope } from '../../domain/scope.ts';
import type { MailTemplate } from '../mail-frame.ts';

/** A case that waits for a second person. */
export interface ApprovalWantedData {
  caseId: string;
  reason: CaseReason;
  scope: Scope;
  openedBy: string;
  dueAt: string;
}

/** Asks an operator other than the opener to approve an erasure. */
export const operatorApprovalWanted: MailTemplate<ApprovalWantedData> = {
  es: (data, say) => ({
    subject: `Se necesita aprobación: eliminación de ${data.tenant.id} (expediente ${data.caseId})`,
    blocks: [
      {
        paragraph: `El expediente ${data.caseId} ha vencido y solo se ejecutará cuando lo apruebe una segunda persona, distinta de quien lo abrió.`,
      },
      {
        facts: [
          ['Cliente', `${data.tenant.name} (${data.tenant.id})`],
          ['Alcance', say.scope(data.scope)],
          ['Motivo', say.reason(data.reason)],
          ['Abierto por', data.openedBy],
          ['Plazo vencido el', say.dateTime(data.dueAt)],
        ],
      },
      { paragraph: 'Examine el expediente y, en su caso, apruébelo:' },
      { command: `tenure case show ${data.caseId}` },
      { command: `tenure case approve ${data.caseId}` },
    ],
  }),
  en: (data, say) => ({
    subject: `Approval wanted: erasure of ${data.tenant.id} (case ${data.caseId})`,
    blocks: [
      {
        paragraph: `Case ${data.caseId} is due and will be carried out only when a second person, other than the one who opened it, approves.`,
      },
      {
        facts: [
          ['Customer', `${data.tenant.name} (${data.tenant.id})`],
          ['Scope', say.scope(data.scope)],
          ['Reason', say.reason(data.reason)],
          ['Opened by', data.openedBy],
          ['Period ended on', say.dateTime(data.dueAt)],
        ],
      },
      { paragraph: 'Examine the case and approve it if it is right:' },
      { command: `tenure case show ${data.caseId}` },
      { command: `tenure case approve ${data.caseId}` },
    ],
  }),
  de: (data, say) => ({
    subject: `Freigabe erforderlich: Löschung von ${data.tenant.id} (Vorgang ${data.caseId})`,
    blocks: [
      {
        paragraph: `Der Vorgang ${data.caseId} ist fällig und wird erst ausgeführt, wenn eine zweite Person ihn freigibt, die ihn nicht selbst eröffnet hat.`,
      },
      {
        facts: [
          ['Kunde', `${data.tenant.name} (${data.tenant.id})`],
          ['Umfang', say.scope(data.scope)],
          ['Grund', say.reason(data.reason)],
          ['Eröffnet von', data.openedBy],
          ['Frist endete am', say.dateTime(data.dueAt)],
        ],
      },
      { paragraph: 'Prüfen Sie den Vorgang und geben Sie ihn gegebenenfalls frei:' },
      { command: `tenure case show ${data.caseId}` },
      { command: `tenure case approve ${data.caseId}` },
    ],
  }),
};
