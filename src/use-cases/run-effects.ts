import type { Deps } from '../deps.ts';
import { type Case, dueAtOf, isOver } from '../domain/case.ts';
import { alertStands, causeStands } from '../domain/case-alerts.ts';
import type { Effect } from '../domain/case-decision.ts';
import type { CaseEvent } from '../domain/case-events.ts';
import { isWholeTenant } from '../domain/scope.ts';
import { cases, tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { abandonErasure } from './abandon-erasure.ts';
import { openCasesOf } from './open-cases.ts';
import { raiseAlert, settleAlert } from './raise-alert.ts';
import { sendCaseMail } from './send-case-mail.ts';
import { sendInterimReport } from './send-interim-report.ts';

/** What carrying out an effect has brought about: an event of this or of a new case. */
export interface FollowUp {
  case: string;
  event: CaseEvent;
}

/**
 * Carries out one effect of a decision. It may run twice: mails have stable ids, alerts count, a status is set and not
 * toggled. What it brings about is answered, for the caller to apply.
 */
export async function runEffect(
  deps: Deps,
  value: Case,
  effect: Effect,
  secrets: { code: string } | undefined,
): Promise<FollowUp[]> {
  switch (effect.type) {
    case 'send-notice':
    case 'mail': {
      // What was to be said before the case ended is not said after it.
      if (effect.type === 'send-notice' && isOver(value)) return [];
      if (effect.type === 'mail' && effect.template === 'reminder') {
        // Nor is a day on which nothing is due any more: the clock may have stopped, or have been moved, since.
        const now = await caseNow(deps, value);
        if (isOver(now) || dueAtOf(now) !== effect.dueAt) return [];
      }
      if (effect.type === 'mail' && effect.template === 'interim-report') {
        await sendInterimReport(deps, value, effect.mailId);
        return [];
      }
      const event = await sendCaseMail(deps, value.id, effect, secrets);
      return event === undefined ? [] : [{ case: value.id, event }];
    }
    case 'freeze':
      // A case that ended meanwhile wants nothing frozen any more.
      if (isOver(value)) return [];
      await setStatus(deps, value.tenant, 'frozen');
      return [];
    case 'unfreeze':
      if (!(await anotherFreezes(deps, value))) await setStatus(deps, value.tenant, 'active');
      return [];
    case 'abandon-erasure':
      await abandonErasure(deps, value);
      return [];
    case 'alert': {
      const { about, message } = effect;
      const kind = `case-${about}` as const;
      // What a crash has left to be told may have been settled since.
      if (alertStands(await caseNow(deps, value), kind))
        await raiseAlert(deps, { kind, subject: value.id, tenant: value.tenant, message });
      return [];
    }
    case 'settle-alerts': {
      // The cause may have come back since.
      const now = await caseNow(deps, value);
      const gone = effect.settled.filter(({ kind }) => !causeStands(now, kind));
      for (const { kind, cause } of gone) await settleAlert(deps, kind, value.id, cause);
      return [];
    }
    default:
      // What starts or blocks an erasure is the sweep's business.
      return [];
  }
}

/** The case as it is: what a crash or a mail server has left undone is carried out later. */
async function caseNow(deps: Deps, value: Case): Promise<Case> {
  return (await cases.read(deps.table, value.id))?.value ?? value;
}

async function setStatus(deps: Deps, tenantId: string, status: 'active' | 'frozen'): Promise<void> {
  await untilUnchanged(async () => {
    const stored = await tenants.read(deps.table, tenantId);
    if (stored === undefined || stored.value.status === 'erased' || stored.value.status === status) return;
    await deps.table.transact([tenants.write({ ...stored.value, status }, stored.version)]);
  });
}

/** Whether another case, still open, is about the whole tenant: then it stays frozen. */
export async function anotherFreezes(deps: Deps, value: Case): Promise<boolean> {
  const { open } = await openCasesOf(deps, value.tenant);
  return open.some((other) => other.id !== value.id && isWholeTenant(other.scope));
}
