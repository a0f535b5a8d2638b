import type { Deps } from '../deps.ts';
import { renderMail } from '../documents/render-mail.ts';
import { addDays, ageInDays } from '../domain/calendar.ts';
import { InvalidError, UnavailableError } from '../domain/errors.ts';
import { pointName } from '../domain/managed-point.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Tenant } from '../domain/tenant.ts';
import { tenants, toldCustomers } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { pointsOf } from './managed-points.ts';
import { planOf } from './plan-of.ts';
import { raiseAlert, settleAlert } from './raise-alert.ts';
import { mailContext } from './send-case-mail.ts';

/** Kind of the alert that nobody could be told; the controls close it when there is nothing to tell. */
export const customerNotTold = 'customer-not-told';

const wasTold = 'the customer was told';

/**
 * At 60 days the customer is told when the last copy expires: the first contact whose address is not refused. A mail's id holds
 * the copy, so it is sent once. Where nobody can be told the operator is; a server that does not answer is asked again by the
 * next run.
 *
 * @param subject `tenant/source`
 */
export async function tellCopyAging(deps: Deps, subject: string): Promise<void> {
  const [tenantId = '', source = ''] = subject.split('/');
  const tenant = (await tenants.read(deps.table, tenantId))?.value;
  const newest = await newestCopy(deps, tenantId, source);
  if (tenant === undefined || newest === undefined) return;
  if ((await toldCustomers.read(deps.table, newest.id)) !== undefined) {
    await settleAlert(deps, customerNotTold, subject, wasTold);
    return;
  }
  try {
    for (const contact of tenant.contacts.keys()) {
      if (!(await tell(deps, tenant, contact, newest))) continue;
      await deps.table.transact([toldCustomers.write({ snapshot: newest.id, tenant: tenantId, at: deps.clock.now() })]);
      await settleAlert(deps, customerNotTold, subject, wasTold);
      return;
    }
  } catch (error) {
    if (error instanceof UnavailableError) return;
    throw error;
  }
  const message = `Nobody of ${tenantId} could be told that the last copy of ${subject} grows old: every address is refused.`;
  await raiseAlert(deps, { kind: customerNotTold, subject, tenant: tenantId, message });
}

/** The newest live copy, Tenure's own or one that AWS Backup holds. */
async function newestCopy(deps: Deps, tenant: string, source: string): Promise<AgingCopy | undefined> {
  const point = (await pointsOf(deps, tenant, source, 'live')).at(-1);
  if (point !== undefined) return { id: pointName(point.arn), source, takenAt: point.takenAt };
  return (await listSnapshots(deps, { tenant, source, status: 'live' })).at(-1);
}

type AgingCopy = Pick<Snapshot, 'id' | 'source' | 'takenAt'>;

/** Whether the contact's address took the mail. */
async function tell(deps: Deps, tenant: Tenant, index: number, newest: AgingCopy): Promise<boolean> {
  const contact = tenant.contacts[index];
  if (contact === undefined) return false;
  const { plan } = await planOf(deps, tenant);
  try {
    await deps.mailer.send({
      id: index === 0 ? `copy-aging/${newest.id}` : `copy-aging/${newest.id}/${index}`,
      to: { name: contact.name, address: contact.email },
      language: tenant.locale,
      trace: tenant.ledgerId,
      sentAt: deps.clock.now(),
      ...renderMail('copy-aging', tenant.locale, {
        ...mailContext(deps, tenant, contact),
        source: newest.source,
        newestCopyAt: newest.takenAt,
        ageDays: Math.floor(ageInDays(newest.takenAt, deps.clock.now())),
        expiresAt: addDays(newest.takenAt, plan.retention.retentionDays),
      }),
    });
    return true;
  } catch (error) {
    if (error instanceof InvalidError) return false;
    throw error;
  }
}
