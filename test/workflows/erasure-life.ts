import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { verifyCertificate } from '../../src/documents/verify-certificate.ts';
import type { Case } from '../../src/domain/case.ts';
import type { Tenant } from '../../src/domain/tenant.ts';
import { cases, certificates, tenants } from '../../src/records.ts';
import { listSnapshots } from '../../src/repository/chain.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { copiesOf, filesOf, mailIds, restoredFiles } from './checks.ts';
import { finance, type MemoryHome, memoryHome, type RunOptions, writeFiles } from './memory-home.ts';

/** First day of every life. */
export const firstDay = '2026-03-02T10:00:00.000Z';
/** The first sweep that may erase. */
export const erasureDay = '2026-04-02T00:30:00.000Z';

/** What names the customer or its data, and must be nowhere after the erasure. */
export const telltales = ['Harbour Gulls', 'gulls.example', 'salaries', 'beach'];

/** A home with a tenant that is about to be erased and one that stays. */
export interface Life extends MemoryHome {
  folders: { files: string; mail: string; other: string };
  caseId: string;
}

/**
 * `acme` (plan `unattended`) with two sources and two copies of each, and `other` with one: unpaid on the first day, noticed
 * the same day. The clock stands at `until`, the day of the erasure unless told otherwise.
 */
export async function unpaidLife(
  options: Parameters<typeof memoryHome>[0] & { until?: string; tenant?: Partial<Tenant> } = {},
): Promise<Life> {
  const { until = erasureDay, tenant = {}, ...rest } = options;
  const home = await memoryHome({ now: firstDay, ...rest });
  await home.tenant('acme', {
    name: 'Harbour Gulls GmbH',
    contacts: [
      { name: 'Gerda Gull', email: 'gerda@gulls.example' },
      { name: 'Gustav Gull', email: 'gustav@gulls.example' },
    ],
    ...tenant,
  });
  await home.tenant('other');
  const folders = {
    files: await home.source('acme', 'files', { 'salaries.csv': 'Gerda;1', 'pictures/beach.txt': 'waves' }),
    mail: await home.source('acme', 'mail', { 'in/1': 'one', 'in/2': 'two' }),
    other: await home.source('other', 'files'),
  };
  const process = home.process();
  await process.run('backup');
  writeFiles(folders.files, { 'salaries.csv': 'Gerda;2', 'salaries-old.csv': 'Gerda;0' });
  await process.run('backup');
  const { case: opened } = await takeFinanceEvent.typed(process.deps, {
    ...{ tenant: 'acme', type: 'unpaid', invoice: '2026-77', actor: finance },
  });
  await process.run('notice');
  home.clock.moveTo(until);
  return { ...home, folders, caseId: opened?.id ?? '' };
}

/** The hourly sweep, once the clock says that it is due: one run per hour, whoever asks. */
export function sweepOf(home: MemoryHome): RunOptions {
  return { scheduledAt: home.clock.now() };
}

/** The case as it is now. */
export async function caseOf(home: MemoryHome, id: string): Promise<Case> {
  const stored = await cases.read(home.table, id);
  return stored?.value ?? expect.fail(`no case ${id}`);
}

/** Everything of `acme` is gone, once and for all, and is certified once; `other` has lost nothing. */
export async function expectErased(home: Life): Promise<void> {
  const value = await caseOf(home, home.caseId);
  expect(value.status).toBe('closed');
  expect(existsSync(home.folders.files) || existsSync(home.folders.mail)).toBe(false);
  expect([...home.objects.objects.keys()].filter((key) => key.startsWith('v1/acme/'))).toEqual([]);
  expect([...home.keys.keys.keys()].filter((ref) => ref.includes('/acme'))).toEqual(['evidence/acme']);
  expect(await listSnapshots(home, { tenant: 'acme', status: 'any' })).toEqual([]);
  expect((await tenants.read(home.table, 'acme'))?.value).toMatchObject({ status: 'erased', contacts: [] });
  await expectCertified(home);
  expect(mailIds(home, 'deletion-report/')).toEqual([0, 1].map((n) => `deletion-report/${home.caseId}/${n}`));
  expect(mailIds(home, 'notice/')).toEqual([`notice/${home.caseId}/d1`]);
  const [copy] = (await copiesOf(home, 'other', 'files')).slice(-1);
  expect(await restoredFiles(home, copy ?? expect.fail())).toEqual(filesOf(home.folders.other));
  await home.expectLedgerWhole();
}

/** One certificate, that verifies with the public key alone, as the case says. */
export async function expectCertified(home: Life): Promise<void> {
  const issued = await certificates.list(home.table, 'CERTIFICATES');
  expect(issued.map(({ value }) => value.caseId)).toEqual([home.caseId]);
  const value = await caseOf(home, home.caseId);
  const [record] = issued.map((stored) => stored.value);
  expect('certificate' in value && value.certificate).toMatchObject({ id: record?.id, digest: record?.digest });
  const files = [...home.evidence.objects.keys()].filter((key) => key.includes('/certificate/'));
  expect(files.sort()).toEqual([record?.json, record?.pdf].sort());
  const jwks = { keys: await home.keys.publicKeys() };
  for (const file of files) {
    const verdict = await verifyCertificate(home.evidence.objects.get(file) ?? Buffer.alloc(0), jwks);
    expect(verdict.problems, file).toEqual([]);
  }
}

export { finance };
