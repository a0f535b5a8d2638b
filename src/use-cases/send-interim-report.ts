import type { Deps } from '../deps.ts';
import { renderMail } from '../documents/render-mail.ts';
import type { Case } from '../domain/case.ts';
import { InvalidError } from '../domain/errors.ts';
import { tenants } from '../records.ts';
import { appendLedger } from './append-ledger.ts';
import { raiseAlert } from './raise-alert.ts';
import { mailContext } from './send-case-mail.ts';

/**
 * Tells every contact and the operator what could not be erased yet, and until when. It is an effect of the case's decision, so
 * that a crash leaves it to the next sweep.
 *
 * @param mailId of the report; each contact's mail adds its number
 */
export async function sendInterimReport(deps: Deps, value: Case, mailId: string): Promise<void> {
  // What has gone meanwhile, or is looked at again right now, is not reported as what remains.
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  if (value.status !== 'remainder' || tenant === undefined) return;
  const { id: caseId, remainder } = value;
  const what = remainder.map((item) => `${item.place}: ${item.what} (${item.reason})`).join('; ');
  const message = `Case ${caseId} is not erased whole: ${what}`;
  await raiseAlert(deps, { kind: 'erasure-remainder', subject: caseId, tenant: value.tenant, message });
  for (const [index, contact] of tenant.contacts.entries()) {
    const data = { caseId, performedAt: deps.clock.now(), remainder };
    try {
      await deps.mailer.send({
        id: `${mailId}/${index}`,
        to: { name: contact.name, address: contact.email },
        language: tenant.locale,
        trace: `${tenant.ledgerId}/${caseId}`,
        sentAt: deps.clock.now(),
        ...renderMail('interim-report', tenant.locale, { ...mailContext(deps, tenant, contact), ...data }),
      });
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
      const refused = `The interim report of case ${caseId} could not be mailed to contact ${index + 1}: hand it over another way.`;
      await raiseAlert(deps, { kind: 'report-undeliverable', subject: caseId, message: refused });
    }
  }
  await appendLedger(deps, { tenant, type: 'remainder-reported', actor: 'system', subjects: [caseId] });
}
