import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import { TenureError } from '../domain/errors.ts';
import { clockReasons } from '../domain/gate-system.ts';
import type { Tenant } from '../domain/tenant.ts';
import { sources, systemStates, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { refuseVault } from './add-source.ts';
import { unknownSeals } from './guard-ledger.ts';
import { behindReason, sealAhead } from './ledger-behind.ts';
import { isLiveDownload } from './live-download.ts';
import { showCertificate } from './opendsr-certificate.ts';

/** What an examination says of one thing. */
export interface Examined {
  check: string;
  /** `wrong` must be mended; `warning` may be meant so. */
  status: 'ok' | 'warning' | 'wrong';
  message: string;
  mend?: string;
}

/** Looks at everything that ports and records tell about the health of a home. Changes nothing. */
export const examine = useCase(
  z.strictObject({}),
  async (deps): Promise<Examined[]> => [
    ...(await keyReplicas(deps)),
    ...(await keyRecoveries(deps)),
    ...(await tenantsAndSources(deps)),
    ...(await halts(deps)),
    await ledger(deps),
    await clock(deps),
    await scratch(deps),
    ...(await opendsr(deps)),
  ],
);

async function keyReplicas(deps: Deps): Promise<Examined[]> {
  const check = 'key replicas';
  try {
    const replicas = await deps.keys.replicas();
    const away = replicas.filter(({ writable }) => !writable);
    if (away.length > 0) {
      const mend =
        'A folder: mount it, or make it writable for the user that runs Tenure. A Region: wait for it. Until then no key can be made, and no destruction of one is complete.';
      return away.map(({ name }) => ({ check, status: 'wrong', message: `${name} cannot be written`, mend }));
    }
    if (replicas.length < 2) {
      const mend =
        'Name a second folder, on another disk, in tenure.yml under keys.replicas; a deployment: deploy it with a second Region (secondRegion).';
      return [{ check, status: 'warning', message: 'there is one replica: when it is lost, every copy is', mend }];
    }
    const counts = replicas.map(({ name, keys }) => `${name}: ${keys} keys`);
    const same = new Set(replicas.map(({ keys }) => keys)).size === 1;
    if (same) return [{ check, status: 'ok', message: counts.join(', ') }];
    const mend = 'Keys that are opened are mended from the other replica; `tenure run restore-test` opens them.';
    return [{ check, status: 'warning', message: `the replicas differ: ${counts.join(', ')}`, mend }];
  } catch (error) {
    return [faultOf(check, error)];
  }
}

async function keyRecoveries(deps: Deps): Promise<Examined[]> {
  const check = 'recovery of keys';
  try {
    const found = await deps.keys.recoveries();
    if (found.length === 0)
      return [{ check, status: 'ok', message: 'no way is known in which a destroyed key could come back' }];
    const mend = 'Switch it off and delete what it has stored: until then no destruction of a key can be relied on.';
    return found.map((message) => ({ check, status: 'wrong', message, mend }));
  } catch (error) {
    return [faultOf(check, error)];
  }
}

async function tenantsAndSources(deps: Deps): Promise<Examined[]> {
  const all = (await tenants.list(deps.table, 'TENANTS'))
    .map((stored) => stored.value)
    .filter(({ status }) => status !== 'erased');
  const found = all.flatMap((tenant) => tenantFaults(deps, tenant));
  for (const { value: source } of await sources.all(deps.table)) {
    if (source.status !== 'active') continue;
    try {
      await deps.sourceDriver(source).verify();
      const owner = all.find(({ id }) => id === source.tenant);
      if (owner !== undefined) await refuseVault(deps, owner, source);
    } catch (error) {
      found.push(faultOf(`source ${source.tenant}/${source.name}`, error));
    }
  }
  return found.length > 0
    ? found
    : [{ check: 'tenants and sources', status: 'ok', message: `${all.length} tenants, every source is there` }];
}

function tenantFaults(deps: Deps, { id, plan, contacts }: Tenant): Examined[] {
  const check = `tenant ${id}`;
  const found: Examined[] = [];
  if (!deps.settings.plans.has(plan)) {
    const mend = `Put the plan back into the plans folder, or \`tenure tenant set ${id} --plan …\`.`;
    found.push({ check, status: 'wrong', message: `its plan ${plan} does not exist`, mend });
  }
  if (contacts.length < 2) {
    const mend = `\`tenure tenant set ${id} --email … --email …\` sets all contacts.`;
    found.push({
      check,
      status: 'warning',
      message: 'it has one contact: when that address fails, nobody can be given notice',
      mend,
    });
  }
  return found;
}

async function halts(deps: Deps): Promise<Examined[]> {
  const stop = (await systemStates.read(deps.table, 'stop'))?.value;
  const quarantine = (await systemStates.read(deps.table, 'quarantine'))?.value;
  const found: Examined[] = [];
  if (quarantine !== undefined) {
    const mend = 'Check holds, cases and payments, then `tenure resume --confirm quarantine`.';
    found.push({ check: 'quarantine', status: 'wrong', message: `since ${quarantine.at}: ${quarantine.reason}`, mend });
  }
  if (stop !== undefined) {
    const message = `since ${stop.at} by ${stop.by}: ${stop.reason}`;
    found.push({ check: 'operator stop', status: 'warning', message, mend: '`tenure resume` lifts it.' });
  }
  return found;
}

/** Only looked at here: the next command that acts, or run, quarantines the home. */
async function ledger(deps: Deps): Promise<Examined> {
  const check = 'ledger';
  try {
    const unknown = await unknownSeals(deps);
    const ahead = unknown && (await sealAhead(deps, unknown.after));
    if (ahead === undefined) return { check, status: 'ok', message: 'no seal is ahead of the catalog' };
    const mend =
      'Make a new home with `tenure recover`, which reads the ledger back. Nothing destructive will run in this one.';
    return { check, status: 'wrong', message: behindReason(ahead), mend };
  } catch (error) {
    return faultOf(check, error);
  }
}

async function clock(deps: Deps): Promise<Examined> {
  const check = 'clock';
  const now = deps.clock.now();
  if (deps.clock.simulated) return { check, status: 'ok', message: `simulated, stands at ${now}` };
  const trusted = (await systemStates.read(deps.table, 'clock'))?.value;
  const [doubt] = clockReasons({
    now,
    simulated: false,
    ...(trusted === undefined ? {} : { ledgerHeadAt: trusted.at }),
  });
  if (doubt === undefined) return { check, status: 'ok', message: `${now}, in step with the ledger` };
  return { check, status: 'wrong', message: `${doubt.message}; nothing destructive runs`, mend: doubt.hint };
}

async function scratch(deps: Deps): Promise<Examined> {
  const check = 'scratch';
  const left: string[] = [];
  for (const name of await deps.scratch.list()) if (!(await isLiveDownload(deps, name))) left.push(name);
  const busy = (await deps.workflows.list({ machine: 'restore-test', status: 'running' })).length > 0;
  if (left.length === 0 || busy)
    return { check, status: 'ok', message: left.length === 0 ? 'nothing is left there' : 'in use by a restore test' };
  const message = `${left.length} folders were left: customer data in the clear`;
  return { check, status: 'wrong', message, mend: '`tenure run restore-test` removes them first.' };
}

/** Days before its end at which a certificate is to be renewed. */
const renewalDays = 30;

/** Says nothing where OpenDSR is not set up. */
async function opendsr(deps: Deps): Promise<Examined[]> {
  const check = 'certificate of OpenDSR';
  const shown = await showCertificate.typed(deps, {});
  if (shown === undefined) return [];
  const { certificate, fault } = shown;
  const mend =
    'Have a new request signed and bring the answer in: `tenure opendsr csr` and `certificate FILE`; in a deployment /v1/opendsr/certificate-request and /v1/opendsr/certificate.';
  if (fault !== undefined) return [{ check, status: 'wrong', message: `${fault}: requests are refused`, mend }];
  const until = `it holds until ${certificate.notAfter.slice(0, 10)}`;
  if (certificate.selfSigned)
    return [{ check, status: 'warning', message: `it is self-signed, for trials; ${until}`, mend }];
  const soon = addDays(new Date(deps.clock.wall()).toISOString(), renewalDays) > certificate.notAfter;
  return [soon ? { check, status: 'warning', message: until, mend } : { check, status: 'ok', message: until }];
}

function faultOf(check: string, error: unknown): Examined {
  if (!(error instanceof TenureError)) throw error;
  return { check, status: 'wrong', message: error.message, ...(error.hint === undefined ? {} : { mend: error.hint }) };
}
