import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { renderMail } from '../documents/render-mail.ts';
import type { Alert } from '../domain/alert.ts';
import { ConflictError } from '../domain/errors.ts';
import { alerts, tenants } from '../records.ts';

/** What an alert says. `kind` and `subject` together are its identity: the same again raises its count, not a new alert. */
export interface AlertRequest {
  kind: string;
  subject: string;
  tenant?: string;
  message: string;
}

/** Opens an alert and mails the operator; while it is open, a repetition only counts. */
export async function raiseAlert(deps: Deps, request: AlertRequest): Promise<Alert> {
  const id = `a-${hash('sha256', `${request.kind}\n${request.subject}`, 'hex').slice(0, 10)}`;
  const now = deps.clock.now();
  const known = await alerts.read(deps.table, id);
  const open = known !== undefined && known.value.status !== 'closed';
  const alert: Alert = open
    ? { ...known.value, message: request.message, count: known.value.count + 1, lastAt: now }
    : { id, ...request, status: 'open', count: 1, openedAt: now, lastAt: now };
  try {
    await deps.table.transact([alerts.write(alert, known?.version ?? 'absent')]);
  } catch (error) {
    if (error instanceof ConflictError) return alert; // somebody raised the same one just now
    throw error;
  }
  if (!open) await mailOperator(deps, alert);
  return alert;
}

/** Closes an alert whose cause has gone. */
export async function settleAlert(deps: Deps, kind: string, subject: string, cause: string): Promise<void> {
  const id = `a-${hash('sha256', `${kind}\n${subject}`, 'hex').slice(0, 10)}`;
  const known = await alerts.read(deps.table, id);
  if (known === undefined || known.value.status === 'closed') return;
  await deps.table.transact([
    alerts.write({ ...known.value, status: 'closed', closedAt: deps.clock.now(), cause }, known.version),
  ]);
}

async function mailOperator(deps: Deps, alert: Alert): Promise<void> {
  const { operator, company } = deps.settings;
  const about = alert.tenant ?? '';
  const tenant = alert.tenant === undefined ? undefined : (await tenants.read(deps.table, alert.tenant))?.value;
  const mail = renderMail('alert', 'en', {
    recipient: operator.name,
    operator: { name: company, email: operator.email },
    tenant: { id: about, name: about },
    timezone: 'UTC',
    simulation: deps.clock.simulated,
    alertId: alert.id,
    kind: alert.kind,
    subject: alert.subject,
    message: alert.message,
    openedAt: alert.openedAt,
    count: alert.count,
  });
  await deps.mailer.send({
    id: `alert/${alert.id}/${alert.openedAt}`,
    to: { name: operator.name, address: operator.email },
    language: 'en',
    ...(tenant === undefined ? {} : { trace: tenant.ledgerId }),
    sentAt: deps.clock.now(),
    ...mail,
  });
}
