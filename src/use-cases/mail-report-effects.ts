import type { Deps } from '../deps.ts';
import { type Case, isOver } from '../domain/case.ts';
import { type CaseEvent, systemActor } from '../domain/case-events.ts';
import type { MailReport, NoticeRecord } from '../domain/notice.ts';
import { cases, tenants } from '../records.ts';
import { applyCaseEvent } from './apply-case-event.ts';
import { raiseAlert, settleAlert } from './raise-alert.ts';

/** Kind of the alert that a mail may or may not have arrived. */
const mailFailing = 'mail-failing';

/** Closes it, since a person has found out what became of the mail of a delivery. */
export async function settleFailing(deps: Deps, caseId: string, delivery: string): Promise<void> {
  await settleAlert(deps, mailFailing, `notice.${caseId}.${delivery}`, 'it is on record what became of it');
}

/**
 * What a report about a mail of a case brings about. May run twice: levels and bounces are set once, alerts count.
 *
 * A notice that arrived reaches the level `accepted`; one that came back for good stops its clock and goes to the next contact
 * (`bounce` of the case). What may be an answer from an absent person changes no case: an operator looks at it.
 */
export async function tellCase(deps: Deps, record: NoticeRecord, report: MailReport): Promise<void> {
  const value = (await cases.read(deps.table, record.caseId))?.value;
  if (value === undefined) return;
  if (report.kind === 'delivered' || report.kind === 'bounced') {
    const ended = report.kind === 'delivered' ? 'was delivered' : 'came back for good';
    await settleAlert(deps, mailFailing, record.id, `it ${ended} at ${report.at}`);
  }
  if (report.kind === 'complaint') {
    const message = `The recipient of ${record.id} marked it as unwanted. Amazon SES sends them nothing more: agree on another way, and take the address off the suppression list.`;
    await alert(deps, value, 'mail-complaint', record.id, message);
  }
  if (report.kind === 'failing' && !hasArrived(value, record)) {
    const how =
      deliveryOf(record) === undefined ? '' : ` If not: \`tenure case bounce ${value.id} ${deliveryOf(record)}\`.`;
    const message = `The mail ${record.id} came back for now (${report.response}): find out whether it arrived.${how}`;
    await alert(deps, value, mailFailing, record.id, message);
  }
  const delivery = deliveryOf(record);
  if (delivery !== undefined) await tellDelivery(deps, value, delivery, report);
  else if (report.kind === 'bounced') await tellBounce(deps, value, record, report);
}

async function tellDelivery(deps: Deps, value: Case, delivery: string, report: MailReport): Promise<void> {
  const base = { actor: systemActor, at: deps.clock.now(), delivery };
  const { response: reason, digest: evidence } = report;
  let event: CaseEvent | undefined;
  if (report.kind === 'delivered' && !isOver(value))
    event = { ...base, type: 'notice-level', level: 'accepted', evidence };
  if (report.kind === 'bounced') event = { ...base, type: 'bounce', reason, evidence };
  // A refusal says that the case has moved on: a delivery that had come back does not arrive any more.
  if (event !== undefined && (await tenants.read(deps.table, value.tenant)) !== undefined) {
    await applyCaseEvent(deps, value.id, event);
  }
}

async function tellBounce(deps: Deps, value: Case, record: NoticeRecord, { response }: MailReport): Promise<void> {
  if (record.template === 'deletion-report') {
    const contact = Number(record.id.split('.').at(-1)) + 1;
    const message = `The deletion report of case ${value.id} came back from contact ${contact} (${response}): hand it over another way.`;
    await alert(deps, value, 'report-undeliverable', value.id, message);
    return;
  }
  const message = `The mail ${record.id} came back (${response}): mend the contact's address.`;
  await alert(deps, value, 'mail-bounced', record.id, message);
}

/** Of an erased tenant nothing is told any more but the case. */
async function alert(deps: Deps, value: Case, kind: string, subject: string, message: string): Promise<void> {
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  const isErased = tenant === undefined || tenant.status === 'erased';
  await raiseAlert(deps, { kind, subject, message, ...(isErased ? {} : { tenant: value.tenant }) });
}

function hasArrived(value: Case, record: NoticeRecord): boolean {
  if (record.level === 'accepted' || record.level === 'acknowledged') return true;
  const delivery = value.deliveries.find(({ id }) => id === deliveryOf(record));
  return delivery?.levels.some(({ level }) => level !== 'relayed') === true;
}

/** `notice.c-0123456789.d1` → `d1`; `undefined` for a mail that is no notice. */
function deliveryOf(record: NoticeRecord): string | undefined {
  return record.template === 'notice' ? record.id.split('.').at(-1) : undefined;
}
