import type { Deps } from '../deps.ts';
import { addYears, isBefore } from '../domain/calendar.ts';
import { clockReasons, quarantineReasons } from '../domain/gate-system.ts';
import type { Tenant } from '../domain/tenant.ts';
import { cases, tenants } from '../records.ts';
import { appendLedger } from './append-ledger.ts';
import { systemFacts } from './ask-gate.ts';
import { holdsOf } from './hold-mark.ts';
import { planOfCase } from './plan-of.ts';

/**
 * Destroys the evidence keys of tenants whose last case closed `evidenceYears` ago: the sealed particulars of their ledger and
 * notices can be read by nobody any more, and the chain still verifies. Nothing happens under a stop, in quarantine, with a
 * clock in doubt, or under a hold. Returns how many keys went.
 */
export async function expireEvidence(deps: Deps): Promise<number> {
  const facts = await systemFacts(deps);
  if (facts.operatorStop !== undefined || quarantineReasons(facts).length > 0 || clockReasons(facts).length > 0)
    return 0;
  let destroyed = 0;
  for (const { value: tenant } of await tenants.list(deps.table, 'TENANTS')) {
    if (tenant.status !== 'erased' || !(await isTimeOver(deps, tenant))) continue;
    if ((await holdsOf(deps, tenant.id)).length > 0) continue;
    const ref = `evidence/${tenant.id}`;
    if (!(await deps.keys.list(ref)).includes(ref)) continue;
    // On record before it happens: the particulars that this entry could hold are about to become unreadable.
    await appendLedger(deps, { tenant, type: 'evidence-key-destroyed', actor: 'system', subjects: [] });
    await deps.keys.destroy([ref]);
    destroyed++;
  }
  return destroyed;
}

async function isTimeOver(deps: Deps, tenant: Tenant): Promise<boolean> {
  const own = (await cases.of(deps.table, tenant.id)).map((stored) => stored.value);
  if (own.some((value) => value.status !== 'closed' && value.status !== 'cancelled')) return false;
  for (const value of own) {
    if (value.status !== 'closed') continue;
    const { evidenceYears } = await planOfCase(deps, value);
    if (!isBefore(addYears(value.closedAt, evidenceYears), deps.clock.now())) return false;
  }
  return own.some((value) => value.status === 'closed');
}
