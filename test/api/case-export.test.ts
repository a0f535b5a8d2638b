import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ledgerEntries, tenants } from '../../src/records.ts';
import { caseLink, formToken } from '../../src/use-cases/case-link.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { finance, operator } from '../workflows/memory-home.ts';
import { openedApi } from './fixture.ts';

const host = 'https://tenure.example.com';

async function opened(scope: { source?: string; paths?: string[] } = {}) {
  const api = await openedApi();
  const { deps } = api.process;
  Object.assign(deps.settings, { publicUrl: host });
  await api.home.tenant('acme');
  const folder = await api.home.source('acme', 'files', {
    'a.txt': 'alpha',
    'deep/b.txt': 'beta',
    'deep/c.txt': 'gamma',
  });
  await api.home.source('acme', 'mail', { inbox: 'letters' });
  await api.process.run('backup');
  const value =
    scope.source === undefined
      ? (await takeFinanceEvent.typed(deps, { tenant: 'acme', type: 'unpaid', invoice: 'F-7', actor: finance })).case
      : await openCase.typed(deps, { tenant: 'acme', ...scope, reason: 'obsolete', actor: operator });
  if (value === undefined) throw new Error('no case was opened');
  const path = ((await caseLink(deps, value)) ?? '').replace(host, '');
  const look = async () => await (await api.app.request(path)).text();
  const send = async (fields: Record<string, string>) => {
    const body = new URLSearchParams({ lang: 'en', way: 'export', ...fields }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return await api.app.request(path, { method: 'POST', headers, body });
  };
  const form = async () => /name="form" value="([^"]+)"/.exec(await look())?.[1] ?? '';
  return { ...api, folder, deps, value, path, look, send, form };
}

/** What a zip holds, as Python reads it: name and content. */
async function contentOf(answer: Response): Promise<Record<string, string>> {
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
  const folder = mkdtempSync(join(tmpdir(), 'tenure-export-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'export.zip');
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
  const read =
    'import json,sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);print(json.dumps({n:z.read(n).decode() for n in z.namelist() if not n.endswith("/")}))';
  return JSON.parse(execFileSync('python3', ['-c', read, file], { encoding: 'utf8' })) as Record<string, string>;
}

it('gives out the newest copy of every source in the scope, in a folder each, and puts that on record', async () => {
  const { send, form, look, home, process, folder } = await opened();
  writeFileSync(join(folder, 'a.txt'), 'alpha, changed');
  home.clock.pass(3600_000);
  await process.run('backup');
  expect(await look()).toContain('the newest copy of files, mail');
  const answer = await send({ form: await form() });
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="c-[0-9a-f]{10}\.zip"$/);
  expect(await contentOf(answer)).toEqual({
    'files/a.txt': 'alpha, changed',
    'files/deep/b.txt': 'beta',
    'files/deep/c.txt': 'gamma',
    'mail/inbox': 'letters',
  });
  const { ledgerId } = (await tenants.read(home.table, 'acme'))?.value ?? { ledgerId: '' };
  const entries = (await ledgerEntries.list(home.table, `LEDGER#${ledgerId}`)).map(({ value }) => value);
  expect(entries.filter(({ type }) => type === 'copy-downloaded').map(({ actor }) => actor)).toEqual([
    'customer',
    'customer',
  ]);
  await home.expectLedgerWhole();
});

it('gives out no more than the case is about', async () => {
  const { send, form } = await opened({ source: 'files', paths: ['deep/b.txt'] });
  expect(await contentOf(await send({ form: await form() }))).toEqual({ 'files/deep/b.txt': 'beta' });
});

it('does not start by a link that a program follows, nor by a form from elsewhere', async () => {
  const { send, app, path } = await opened();
  for (const address of [`${path}?way=export`, `${path}/export.zip`]) {
    expect((await app.request(address)).headers.get('content-type')).not.toBe('application/zip');
  }
  const forged = await send({ form: 'x'.repeat(22) });
  expect([forged.status, forged.headers.get('content-type')]).toEqual([403, 'text/html; charset=UTF-8']);
});

it('is given out five times a day', async () => {
  const { send, form, home } = await opened();
  const token = await form();
  for (let n = 0; n < 5; n++) await contentOf(await send({ form: token }));
  const more = await send({ form: token });
  expect([more.status, await more.text()]).toEqual([409, expect.stringContaining('downloaded several times today')]);
  home.clock.pass(24 * 3600_000);
  expect((await send({ form: await form() })).status).toBe(200);
});

it('ends with the erasure, and leaves a page that offers it no more', async () => {
  const { send, look, home, process, deps, value } = await opened();
  await process.run('notice');
  for (let day = 0; day < 40; day++) {
    home.clock.pass(24 * 3600_000);
    await process.run('notice');
  }
  expect(await look()).toContain('The data are erased');
  expect(await look()).not.toContain('value="export"');
  const late = await send({ form: await formToken(deps, value) });
  expect([late.status, late.headers.get('content-type')]).toEqual([409, 'text/html; charset=UTF-8']);
  expect(await late.text()).toContain('No copy can be downloaded any more');
});

it('says which sources it leaves out, and whom to ask where there is no copy', async () => {
  const { look, home } = await opened();
  await home.source('acme', 'late', { x: 'not backed up yet' });
  expect(await look()).toContain('Not in it: late, of which we hold no copy');
});

it('tells how to pay: at the address that is configured, else whom to ask', async () => {
  const { look, deps } = await opened();
  expect(await look()).toContain('For the ways to pay, write to olga@keeper.example.');
  expect(await look()).toContain('Please quote with the payment: F-7.');
  Object.assign(deps.settings, { paymentUrl: 'https://pay.example.com/?a=1&b="2"' });
  const text = await look();
  expect(text).toContain('href="https://pay.example.com/?a=1&amp;b=&quot;2&quot;"');
  expect(text).toContain('Leads to pay.example.com.');
});
