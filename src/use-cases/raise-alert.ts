import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { renderMail } from '../documents/render-mail.ts';
import type { Alert } from '../domain/alert.ts';
import { InvalidError, UnavailableError } from '../domain/errors.ts';
import type { Write } from '../ports/table.ts';
import { alerts, tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { eventWrites } from './outgoing-events.ts';

/** What an alert says. `kind` and `subject` together are its identity: the same again raises its count, not a new alert. */
export interface AlertRequest {
  kind: string;
  subject: string;
  tenant?: string;
  message: string;
}

/**
 * Opens an alert and mails the operator; while it is open, a repetition only counts. A mail server that does not take the mail
 * stops nobody's work: the alert stands, and `mailUnsentAlerts` or the next repetition mails it.
 */
export async function raiseAlert(deps: Deps, request: AlertRequest): Promise<Alert> {
  const id = alertId(request.kind, request.subject);
  const now = deps.clock.now();
  const alert = await untilUnchanged(async () => {
    const known = await alerts.read(deps.table, id);
    const open = known !== undefined && known.value.status !== 'closed';
    const next: Alert = open
      ? { ...known.value, message: request.message, count: known.value.count + 1, lastAt: now }
      : { id, ...request, status: 'open', count: 1, openedAt: now, lastAt: now };
    const told = open ? [] : await alertEvent(deps, next);
    await deps.table.transact([alerts.write(next, known?.version ?? 'absent'), ...told]);
    return next;
  });
  await mailOnce(deps, alert);
  return alert;
}

/** Alerts that other systems hear of, when they open. */
async function alertEvent(deps: Deps, { id, kind, subject, tenant }: Alert): Promise<Write[]> {
  const types = { 'backup-failed': 'backup.failed', 'restore-test-failed': 'restore-test.failed' } as const;
  const type = kind.startsWith('control-') ? 'control.failed' : types[kind as keyof typeof types];
  if (type === undefined) return [];
  return await eventWrites(deps, type, {
    ...(tenant === undefined ? {} : { tenant }),
    data: { alert: id, kind, subject },
  });
}

/** Whether an alert stands, for callers to whom finding out what became of its cause costs more. */
export async function isAlertOpen(deps: Deps, kind: string, subject: string): Promise<boolean> {
  const known = await alerts.read(deps.table, alertId(kind, subject));
  return known !== undefined && known.value.status !== 'closed';
}

/** Closes an alert whose cause has gone. */
export async function settleAlert(deps: Deps, kind: string, subject: string, cause: string): Promise<void> {
  await untilUnchanged(async () => {
    const known = await alerts.read(deps.table, alertId(kind, subject));
    if (known === undefined || known.value.status === 'closed') return;
    const closed: Alert = { ...known.value, status: 'closed', closedAt: deps.clock.now(), cause };
    await deps.table.transact([alerts.write(closed, known.version)]);
  });
}

/**
 * Closes every open alert that one of these rules gives a cause for. For what is evaluated as a whole: whoever makes the list of what is
 * wrong knows by it what is not, also of subjects that are there no more.
 *
 * @param causeOf why the alert's cause has gone; `undefined` leaves it open
 */
export async function settleAlerts(deps: Deps, causeOf: (alert: Alert) => string | undefined): Promise<void> {
  for (const { value } of await alerts.list(deps.table, alerts.key('').pk)) {
    const cause = value.status === 'closed' ? undefined : causeOf(value);
    if (cause !== undefined) await settleAlert(deps, value.kind, value.subject, cause);
  }
}

/** Mails what could not be mailed when it was raised. */
export async function mailUnsentAlerts(deps: Deps): Promise<void> {
  for (const { value } of await alerts.list(deps.table, alerts.key('').pk))
    if (value.status === 'open') await mailOnce(deps, value);
}

function alertId(kind: string, subject: string): string {
  return `a-${hash('sha256', `${kind}\n${subject}`, 'hex').slice(0, 10)}`;
}

/** The mail's id is the alert's and its opening's: a second one, after a crash, is the same mail. */
async function mailOnce(deps: Deps, alert: Alert): Promise<void> {
  if (alert.mailedAt !== undefined) return;
  try {
    await mailOperator(deps, alert);
  } catch (error) {
    if (error instanceof InvalidError || error instanceof UnavailableError) return;
    throw error;
  }
  await untilUnchanged(async () => {
    const known = await alerts.read(deps.table, alert.id);
    if (known === undefined || known.value.openedAt !== alert.openedAt) return;
    await deps.table.transact([alerts.write({ ...known.value, mailedAt: deps.clock.now() }, known.version)]);
  });
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
