import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deps } from '../../src/deps.ts';
import { openHome } from '../../src/open-home.ts';
import { addSource } from '../../src/use-cases/add-source.ts';
import { addTenant } from '../../src/use-cases/add-tenant.ts';
import { createApiKey } from '../../src/use-cases/api-keys.ts';
import { caseLink } from '../../src/use-cases/case-link.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { startRun } from '../../src/use-cases/start-run.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';

/** One client of the load: its key, what it may do, and what it asks about. */
export interface Client {
  role: 'tenant:self' | 'operator' | 'finance' | 'auditor';
  key: string;
  tenant: string;
  case: string;
  /** Path of the page of its case. */
  page: string;
}

/** How large the home is. */
export interface HomeSize {
  tenants: number;
  cases: number;
  clients: number;
}

const operator = { kind: 'operator', id: 'bench' } as const;
const roles = ['tenant:self', 'operator', 'finance', 'auditor'] as const;

/** The program, as a command. */
export const main = join(import.meta.dirname, '../../src/cli/main.ts');

/** Makes a home through the use cases that also serve the API: tenants with a backed-up source each, cases, and a key per client. */
export async function makeLoadHome(dir: string, { tenants, cases, clients }: HomeSize): Promise<Client[]> {
  const home = join(dir, 'home');
  execFileSync(process.execPath, [main, '--home', home, '--quiet', 'init'], { stdio: 'ignore' });
  // Pages are public and limited by address: each client comes through a proxy that says which it is.
  appendFileSync(join(home, 'tenure.yml'), 'api: { publicUrl: "http://localhost:8080", proxies: 1 }\n');
  const opened = await openHome({ home, actor: 'bench', passphrase: () => undefined, mode: 'act' });
  const { deps } = opened;
  const names = Array.from({ length: tenants }, (_, n) => `t${String(n).padStart(4, '0')}`);
  for (const id of names) await addProtected(deps, join(dir, 'data'), id);
  const { machine, run } = await startRun.typed(deps, { kind: 'backup', requestedBy: 'bench' });
  await opened.runner.finished(machine, run);
  const newest = await openCases(deps, names, cases);
  const made: Client[] = [];
  for (let n = 0; n < clients; n++) {
    const tenant = names[n % tenants] ?? '';
    const role = roles[n % roles.length] ?? 'operator';
    const own = newest.get(tenant) ?? '';
    const { key } = await createApiKey.typed(deps, {
      ...{ name: `client ${n}`, owner: `client-${n}`, scopes: [role], actor: operator },
      ...(role === 'tenant:self' ? { tenant } : {}),
    });
    const link = (await caseLink(deps, { id: own, tenant })) ?? '';
    made.push({ role, key, tenant, case: own, page: new URL(link).pathname });
  }
  await opened.close();
  return made;
}

async function addProtected(deps: Deps, data: string, id: string): Promise<void> {
  await addTenant.typed(deps, {
    ...{ id, name: `Tenant ${id}`, plan: 'unattended', actor: operator },
    contacts: [{ name: 'Ann', email: `ann@${id}.example` }],
  });
  const location = join(data, id);
  mkdirSync(location, { recursive: true });
  for (const name of ['a', 'b', 'c']) writeFileSync(join(location, `${name}.txt`), `${id} ${name}\n`.repeat(100));
  await addSource.typed(deps, { source: { tenant: id, name: 'files', kind: 'directory', location }, actor: operator });
}

/** Cases by rounds over the tenants; all but the last of a tenant are taken back. The last one is about money. */
async function openCases(deps: Deps, names: readonly string[], count: number): Promise<Map<string, string>> {
  const newest = new Map<string, string>();
  for (let n = 0; n < count - names.length; n++) {
    const tenant = names[n % names.length] ?? '';
    const { id } = await openCase.typed(deps, { tenant, source: 'files', reason: 'obsolete', actor: operator });
    await changeCase.typed(deps, { case: id, actor: operator, change: { type: 'cancel' } });
  }
  for (const tenant of names) {
    const { case: opened } = await takeFinanceEvent.typed(deps, {
      ...{ tenant, type: 'unpaid', invoice: 'i-1', actor: { kind: 'finance', id: 'bench' } },
      amount: { currency: 'EUR', minor: 1_000_000 },
    });
    newest.set(tenant, opened?.id ?? '');
  }
  return newest;
}
