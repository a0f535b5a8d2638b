import type { Locale } from '../domain/tenant.ts';
import { blocksToHtml, blocksToText } from './blocks.ts';
import { frameMail, type MailContext, type MailTemplate } from './mail-frame.ts';
import { type AlertData, alert } from './mails/alert.ts';
import { type BackupFailedData, backupFailed } from './mails/backup-failed.ts';
import { type CancellationData, cancellation } from './mails/cancellation.ts';
import { type ConfirmCodeData, confirmCode } from './mails/confirm-code.ts';
import { type CopyAgingData, copyAging } from './mails/copy-aging.ts';
import { type DeletionReportData, deletionReport } from './mails/deletion-report.ts';
import { type InterimReportData, interimReport } from './mails/interim-report.ts';
import { type NoticeData, notice } from './mails/notice.ts';
import { type ApprovalWantedData, operatorApprovalWanted } from './mails/operator-approval-wanted.ts';
import { type ReminderData, reminder } from './mails/reminder.ts';
import { phrases } from './phrases.ts';
import { plainly } from './plainly.ts';

/** What each kind of mail needs besides its {@link MailContext}. */
export interface MailData {
  notice: NoticeData;
  reminder: ReminderData;
  cancellation: CancellationData;
  'confirm-code': ConfirmCodeData;
  'interim-report': InterimReportData;
  'deletion-report': DeletionReportData;
  alert: AlertData;
  'backup-failed': BackupFailedData;
  'copy-aging': CopyAgingData;
  'operator-approval-wanted': ApprovalWantedData;
}

/** Names of the mails. */
export type MailName = keyof MailData;

/** A mail ready to be addressed. `text` and `html` say the same. */
export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

const templates: { [Name in MailName]: MailTemplate<MailData[Name]> } = {
  notice,
  reminder,
  cancellation,
  'confirm-code': confirmCode,
  'interim-report': interimReport,
  'deletion-report': deletionReport,
  alert,
  'backup-failed': backupFailed,
  'copy-aging': copyAging,
  'operator-approval-wanted': operatorApprovalWanted,
};

/**
 * Writes a mail in a language. Pure: the same data give the same bytes.
 *
 * @param name which mail
 * @param locale language of the recipient
 * @param data particulars; texts in it may come from anywhere (names, paths, faults): control characters are made visible
 *   and HTML is escaped, so that a file name can neither forge lines nor bring markup
 */
export function renderMail<Name extends MailName>(
  name: Name,
  locale: Locale,
  data: MailData[Name] & MailContext,
): RenderedMail {
  const safe = plainly(data);
  const { subject, blocks } = frameMail(templates[name][locale](safe, phrases(locale, safe.timezone)), safe, locale);
  return { subject, text: blocksToText(blocks), html: blocksToHtml(blocks, locale, subject) };
}
