import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { NotFoundError, UnavailableError } from '../domain/errors.ts';
import { mailTags, textOfTag } from '../domain/mail-tag.ts';
import type { MailReport, NoticeRecord } from '../domain/notice.ts';
import { cases, notices } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { tellCase } from './mail-report-effects.ts';
import { keepFirst } from './send-case-mail.ts';
import { type SesMailEvent, sesEvents } from './ses-event.ts';
import { tellOperator } from './unrecorded-mail.ts';
import { withoutAddresses } from './without-addresses.ts';

/** Reports that a record keeps: delays are told again and again, and a row has room for 256 KiB. */
const mostReports = 40;

/** What came of one event. Holds no address, so that it may be logged. */
export interface TakenMailEvent {
  outcome: 'recorded' | 'told-operator' | 'ignored';
  /** What Amazon SES calls the mail. */
  mail: string;
  type: string;
  reason?: string;
}

/**
 * Takes events of Amazon SES about mails that were sent: from EventBridge, or out of SNS or SQS.
 *
 * A mail is found by the id that SES gave it, else by its tag. What is on record with a case gets the report beside it, with the
 * event as sealed evidence; the case is told of deliveries and of permanent bounces of a notice. Everything else that comes back
 * is an alert. A repeated event changes nothing. What is not of this deployment is ignored, and the answer says so.
 *
 * @throws InvalidError for what is no event of SES; UnavailableError for an event that is ahead of the record of its mail: the
 *   sender is about to write it, and the event source tries again
 */
export const takeMailEvent = useCase(sesEvents, async (deps, events) => {
  const taken: TakenMailEvent[] = [];
  for (const event of events) taken.push(await take(deps, event));
  return { outcome: 'taken' as const, mailEvents: taken };
});

async function take(deps: Deps, event: SesMailEvent): Promise<TakenMailEvent> {
  const said = { mail: event.providerId, type: event.type };
  if (event.report === undefined) return { outcome: 'ignored', ...said, reason: 'it says nothing that is kept' };
  const response = withoutAddresses(event.report.response);
  const record = await recordOf(deps, event);
  if (record === undefined) {
    const told = await tellOperator(deps, { ...event.report, response }, tagsOf(event));
    return told
      ? { outcome: 'told-operator', ...said }
      : { outcome: 'ignored', ...said, reason: 'the mail is not of this deployment, or nobody needs to know' };
  }
  if (record.status === 'intended') {
    throw new UnavailableError(`the mail ${event.providerId} is not on record as sent yet`, {
      hint: 'It is being sent: the event comes again.',
    });
  }
  const { id } = event.report;
  if (record.reports?.some((earlier) => earlier.id === id))
    return { outcome: 'recorded', ...said, reason: 'it was known' };
  const report = await withEvidence(deps, record, { ...event.report, response }, event.raw);
  await tellCase(deps, record, report);
  await note(deps, record, report);
  return { outcome: 'recorded', ...said };
}

/** Our own tags of a mail, as far as it has them. */
function tagsOf({ tags }: SesMailEvent): { id?: string; trace?: string } {
  const [id, trace] = [mailTags.id, mailTags.trace].map((name) => textOfTag(tags[name] ?? ''));
  return { ...(id === undefined ? {} : { id }), ...(trace === undefined ? {} : { trace }) };
}

/** By the id of SES, else by our own: the index may lag, and a mail whose answer was lost was sent under a second id. */
async function recordOf(deps: Deps, event: SesMailEvent): Promise<NoticeRecord | undefined> {
  const { providerId } = event;
  const nominated = await notices.all(deps.table, { prefix: providerId, limit: 2 });
  const found = nominated.find(({ value }) => value.providerId === providerId)?.value;
  if (found !== undefined) return (await notices.read(deps.table, found.caseId, found.id))?.value;
  const { id = '' } = tagsOf(event);
  const caseId = /^[a-z-]+\/(c-[0-9a-f]{10})(?:\/|$)/.exec(id)?.[1];
  return caseId === undefined ? undefined : (await notices.read(deps.table, caseId, id.replaceAll('/', '.')))?.value;
}

/** Seals the event as it came into the evidence store. */
async function withEvidence(
  deps: Deps,
  { caseId, id }: NoticeRecord,
  said: Omit<MailReport, 'digest' | 'evidence'>,
  raw: unknown,
): Promise<MailReport> {
  const value = (await cases.read(deps.table, caseId))?.value;
  if (value === undefined) throw new NotFoundError(`the mail ${id} is on record without its case`);
  const evidence = `cases/${caseId}/mail/${id}.${hash('sha256', said.id, 'hex').slice(0, 16)}.json.sealed`;
  const kept = await keepFirst(deps, value.tenant, evidence, Buffer.from(JSON.stringify(raw)));
  return { ...said, digest: hash('sha256', kept, 'hex'), evidence };
}

/** Puts the report on record. That comes last: what is on record has been told. */
async function note(deps: Deps, { caseId, id }: NoticeRecord, report: MailReport): Promise<void> {
  await untilUnchanged(async () => {
    const stored = await notices.read(deps.table, caseId, id);
    if (stored === undefined) return;
    const { reports = [], ...record } = stored.value;
    const others = reports.filter((earlier) => earlier.id !== report.id);
    const level = report.kind === 'delivered' && record.level !== 'acknowledged' ? { level: 'accepted' as const } : {};
    const next: NoticeRecord = { ...record, ...level, reports: [...others, report].slice(-mostReports) };
    await deps.table.transact([notices.write(next, stored.version)]);
  });
}
