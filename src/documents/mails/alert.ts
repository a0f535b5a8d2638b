import type { MailTemplate } from '../mail-frame.ts';

/** Something an operator should look at. */
export interface AlertData {
  alertId: string;
  /** What slipped, in short: a control's id or an event's name. */
  kind: string;
  /** Tenant, source, case or run that it is about. */
  subject: string;
  message: string;
  openedAt: string;
  /** How often it was seen since then. */
  count: number;
  /** What to do. */
  hint?: string;
}

/** Alert to the operator. */
export const alert: MailTemplate<AlertData> = {
  es: (data, say) => ({
    subject: `Alerta: ${data.kind} – ${data.subject}`,
    blocks: [
      { paragraph: data.message },
      {
        facts: [
          ['Alerta', data.alertId],
          ['Control', data.kind],
          ['Objeto', data.subject],
          ['Abierta el', say.dateTime(data.openedAt)],
          ['Veces observada', say.number(data.count)],
        ],
      },
      ...(data.hint === undefined ? [] : [{ paragraph: data.hint }]),
      { paragraph: 'Para confirmar que la ha visto:' },
      { command: `tenure alert ack ${data.alertId}` },
    ],
  }),
  en: (data, say) => ({
    subject: `Alert: ${data.kind} – ${data.subject}`,
    blocks: [
      { paragraph: data.message },
      {
        facts: [
          ['Alert', data.alertId],
          ['Control', data.kind],
          ['Subject', data.subject],
          ['Opened on', say.dateTime(data.openedAt)],
          ['Times seen', say.number(data.count)],
        ],
      },
      ...(data.hint === undefined ? [] : [{ paragraph: data.hint }]),
      { paragraph: 'To acknowledge it:' },
      { command: `tenure alert ack ${data.alertId}` },
    ],
  }),
  de: (data, say) => ({
    subject: `Alarm: ${data.kind} – ${data.subject}`,
    blocks: [
      { paragraph: data.message },
      {
        facts: [
          ['Alarm', data.alertId],
          ['Kontrolle', data.kind],
          ['Betrifft', data.subject],
          ['Eröffnet am', say.dateTime(data.openedAt)],
          ['Beobachtet (Anzahl)', say.number(data.count)],
        ],
      },
      ...(data.hint === undefined ? [] : [{ paragraph: data.hint }]),
      { paragraph: 'So bestätigen Sie, dass Sie ihn gesehen haben:' },
      { command: `tenure alert ack ${data.alertId}` },
    ],
  }),
};
