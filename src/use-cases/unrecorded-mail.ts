import type { Deps } from '../deps.ts';
import type { MailReport } from '../domain/notice.ts';
import { alerts, tenants } from '../records.ts';
import { raiseAlert } from './raise-alert.ts';

/**
 * Tells the operator of a mail without a record that came back: interim reports, alerts, news about a copy that grows old. Their
 * deliveries are told to nobody.
 *
 * @param tags our own tags of the mail: its id, and whose trace it is
 * @returns false when the mail is not of this deployment, or nobody needs to know
 */
export async function tellOperator(
  deps: Deps,
  { kind, response }: Pick<MailReport, 'kind' | 'response'>,
  { id, trace }: { id?: string; trace?: string },
): Promise<boolean> {
  if (id === undefined || (kind !== 'bounced' && kind !== 'complaint')) return false;
  const how = kind === 'bounced' ? `came back (${response})` : 'was marked as unwanted';
  const [, alertId] = /^alert\/(a-[0-9a-f]+)\//.exec(id) ?? [];
  if (alertId !== undefined) {
    if ((await alerts.read(deps.table, alertId)) === undefined) return false;
    // Its own mail takes the same way, once: whoever looks at the alerts sees it.
    const message = `An alert that was mailed to the operator ${how}: mend the operator's address.`;
    await raiseAlert(deps, { kind: 'mail-bounced', subject: 'operator', message });
    return true;
  }
  const ledgerId = trace?.split('/')[0];
  const all = ledgerId === undefined ? [] : await tenants.list(deps.table, tenants.key('').pk);
  const tenant = all.find(({ value }) => value.ledgerId === ledgerId)?.value;
  if (tenant === undefined) return false;
  const message = `The mail ${id} to a contact of ${tenant.id} ${how}: mend the address, and hand over what it said another way.`;
  await raiseAlert(deps, { kind: 'mail-bounced', subject: id, tenant: tenant.id, message });
  return true;
}
