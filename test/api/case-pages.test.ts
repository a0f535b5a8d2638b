import { expect, it } from 'vitest';
import { ledgerEntries, tenants } from '../../src/records.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { finance, operator } from '../workflows/memory-home.ts';
import { type OpenedApi, openedApi } from './fixture.ts';

/** A browser without scripts: follows redirects of forms, keeps nothing else. */
function browser({ app }: OpenedApi) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const look = async (path: string, init: RequestInit = {}) => {
    const answer = await app.request(path, init);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  return {
    look,
    async send(path: string, fields: Record<string, string>, more: Record<string, string> = {}) {
      const { text } = await look(path);
      const [, form = ''] = /name="form" value="([^"]+)"/.exec(text) ?? [];
      const body = new URLSearchParams({ form, lang: 'en', ...fields }).toString();
      const answer = await look(path, { method: 'POST', headers: { ...headers, ...more }, body });
      const location = answer.headers.get('location');
      return location === null ? answer : { ...(await look(path.split('?')[0] + location)), redirected: answer.status };
    },
  };
}

async function opened(change: Parameters<OpenedApi['home']['tenant']>[1] = {}) {
  const api = await openedApi();
  Object.assign(api.process.deps.settings, { publicUrl: 'https://tenure.example.com/' });
  await api.home.tenant('acme', change);
  await api.home.source('acme', 'files');
  await api.process.run('backup');
  const mails = () => [...api.home.outbox.values()].map((raw) => raw.toString());
  const linkIn = (mail: string | undefined): string => {
    const [, path = ''] = /https:\/\/tenure\.example\.com(\/c\/c-[0-9a-f]{10}\/[\w-]{22})/.exec(plain(mail)) ?? [];
    return path;
  };
  return { api, ...browser(api), mails, linkIn };
}

/** The text part without the line ends that quoted-printable adds. */
function plain(mail = ''): string {
  return mail
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

async function requested(change: Parameters<OpenedApi['home']['tenant']>[1] = {}) {
  const story = await opened(change);
  const { deps } = story.api.process;
  const value = await openCase.typed(deps, {
    tenant: 'acme',
    reason: 'customer-request',
    actor: { kind: 'customer', id: 'acme' },
  });
  const code = (mail = story.mails().at(-1)) => /^ {4}([A-Z2-9]{8})\s*$/m.exec(plain(mail))?.[1] ?? '';
  return { ...story, value, path: story.linkIn(story.mails().at(-1)), code };
}

it('leads from the mail to a page on which the code of the mail confirms the request, and the request is taken back', async () => {
  const { look, send, path, code, api } = await requested();
  const first = await look(path);
  expect(first.status).toBe(200);
  expect(first.text).toContain('Waiting for your code');
  expect(first.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(first.headers.get('referrer-policy')).toBe('no-referrer');
  expect(first.headers.get('cache-control')).toBe('no-store');
  const confirmed = await send(path, { way: 'confirm', code: ` ${code().toLowerCase()} ` });
  expect(confirmed).toMatchObject({ status: 200, redirected: 303 });
  expect(confirmed.text).toContain('Your request is confirmed');
  expect(confirmed.text).toContain('7 days left to respond');
  expect(confirmed.text).toContain('By e-mail to Ann of acme');
  const cancelled = await send(path, { way: 'cancel', note: 'no longer' });
  expect(cancelled.text).toContain('The case is cancelled. Nothing is erased.');
  expect(cancelled.text).not.toContain('<form');
  await api.home.expectLedgerWhole();
});

it('counts wrong codes, says so at the field, and mails a new code a few times a day', async () => {
  const { send, path, code, mails, look } = await requested();
  const old = code();
  for (const left of [4, 3, 2]) {
    const wrong = await send(path, { way: 'confirm', code: 'AAAAAAAA' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain(`${left} more tries are left`);
    expect(wrong.text).toContain('aria-invalid="true"');
  }
  expect((await send(path, { way: 'confirm', code: '' })).text).toContain('Enter the code from the mail.');
  expect((await send(path, { way: 'confirm', code: 'AAAAAAAA' })).text).toContain('One more try is left');
  await send(path, { way: 'confirm', code: 'AAAAAAAA' });
  expect((await look(path)).text).toContain('The code no longer counts');
  const gone = await send(path, { way: 'confirm', code: old });
  expect([gone.status, gone.text]).toEqual([409, expect.stringContaining('This code no longer counts')]);
  expect((await look(`${path}?done=confirm`)).text).not.toMatch(/Request confirmed|Your request is confirmed/);
  for (let n = 0; n < 5; n++) expect(await send(path, { way: 'new-code' })).toMatchObject({ redirected: 303 });
  expect(mails()).toHaveLength(6);
  expect(await send(path, { way: 'new-code' })).toMatchObject({ status: 409 });
  expect(mails()).toHaveLength(6);
  expect((await send(path, { way: 'confirm', code: code() })).text).toContain('Your request is confirmed');
});

it('changes nothing when it is only looked at, however often and with whatever in its address', async () => {
  const { look, path, api } = await requested();
  const before = JSON.stringify([...api.home.rows].filter(([key]) => key.includes('CASE#')));
  for (const query of ['', '?way=cancel', '?done=cancel', '?lang=de', '?lang=xx&done=__proto__']) {
    const { status, text } = await look(path + query);
    expect(status).toBe(200);
    expect(text).not.toContain('The case is cancelled');
  }
  expect((await api.app.request(path, { method: 'HEAD' })).status).toBe(200);
  expect(JSON.stringify([...api.home.rows].filter(([key]) => key.includes('CASE#')))).toBe(before);
});

it('takes no form that its own page did not make', async () => {
  const { look, send, path, value, api } = await requested();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const forged = await look(path, { method: 'POST', headers, body: 'way=cancel&lang=en' });
  expect([forged.status, forged.text]).toEqual([403, expect.stringContaining('nothing was done')]);
  expect(await send(path, { way: 'cancel' }, { 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 });
  const asJson = await look(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"way":"cancel"}',
  });
  expect(asJson.status).toBe(403);
  const { body } = await api.call(await api.token('operator'), 'GET', `/v1/cases/${value.id}`);
  expect(body.status).toBe('opened');
});

it('answers every wrong link in the same words, and counts it', async () => {
  const { look, path, value, api } = await requested();
  const [, , id = '', token = ''] = path.split('/');
  const other = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
  const wrong = [
    `/c/${id}/${other}`,
    `/c/c-0000000000/${token}`,
    `/c/${id}/x`,
    `/c/..%2f/${token}`,
    `/c/${'a'.repeat(5000)}/x`,
  ];
  const answers = [];
  for (const address of wrong) answers.push(await look(address));
  expect(answers.map(({ status }) => status)).toEqual(wrong.map(() => 404));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers[0]?.text).not.toContain(value.id);
  for (const format of ['json', 'pdf'])
    expect(await look(`/c/${id}/${other}/certificate.${format}`)).toMatchObject({ status: 404 });
  const entries = await ledgerEntries.list(api.home.table, 'LEDGER#system');
  const links = entries.filter(({ value: { subjects } }) => subjects.includes('why:link'));
  expect(links).toHaveLength(wrong.length + 2);
  expect(JSON.stringify(links)).not.toContain(token.slice(0, 8));
});

it('speaks the language of the customer, or the one that is asked for', async () => {
  const { look, path } = await requested({ locale: 'de' });
  expect((await look(path)).text).toMatch(/<html lang="de">[\s\S]*Wir warten auf Ihren Code/);
  expect((await look(`${path}?lang=es`)).text).toMatch(/<html lang="es">[\s\S]*A la espera de su código/);
  expect((await look(`${path}?lang=../../etc`)).text).toContain('<html lang="de">');
});

it('shows what others have written as text, whatever it holds', async () => {
  const { api, look, send, path } = await requested({
    contacts: [{ name: '"><script>alert(2)</script>', email: 'ann@acme.example' }],
  });
  const stored = await tenants.read(api.home.table, 'acme');
  // No way in lets line ends through; a page must not rely on that.
  const name = '<img src=x onerror=alert(1)>\r\nBcc: all@example.com \u202e';
  if (stored !== undefined) await api.home.table.transact([tenants.write({ ...stored.value, name }, stored.version)]);
  const { text } = await look(path);
  expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;\\u{d}\\u{a}Bcc: all@example.com \\u{202e}');
  expect(text).not.toMatch(/<img|<script|\u202e/);
  const long = await send(path, { way: 'cancel', note: `</textarea><b>${'x'.repeat(2000)}` });
  expect(long.status).toBe(400);
  expect(long.text).toContain('At most 2,000 characters');
  expect(long.text).toContain('&lt;/textarea&gt;&lt;b&gt;');
});

it('lets a customer who owes object, and tells a hold without its reason', async () => {
  const { api, look, send, mails, linkIn } = await opened();
  const { deps } = api.process;
  await takeFinanceEvent.typed(deps, {
    tenant: 'acme',
    type: 'unpaid',
    invoice: 'F-7',
    amount: { currency: 'EUR', minor: 12_550 },
    actor: finance,
  });
  await api.process.run('notice');
  const path = linkIn(mails().at(-1));
  const { text } = await look(path);
  expect(text).toContain('The period is running');
  expect(text).toContain('F-7: €125.50');
  expect(text).toContain('30 days left to respond');
  expect(text).not.toContain('value="cancel"');
  expect((await send(path, { way: 'cancel' })).status).toBe(409);
  const objected = await send(path, { way: 'object', note: 'paid on Monday' });
  expect(objected.text).toContain('Your objection is being looked at');
  expect(objected.text).toContain('“paid on Monday”');
  const again = await send(path, { way: 'object', note: 'and another word' });
  expect([again.status, again.text.includes('This is no longer possible')]).toEqual([409, true]);
  expect((await look(path)).text).not.toContain('another word');
  await placeHold.typed(deps, { tenant: 'acme', reason: 'Miller against Acme, file 12', actor: operator });
  const held = (await look(path)).text;
  expect(held).toContain('The data are held');
  expect(held).not.toContain('Miller');
});

it('keeps obsolete data until a day, and refuses days that are none', async () => {
  const { api, look, send, mails, linkIn } = await opened();
  const { deps } = api.process;
  await openCase.typed(deps, { tenant: 'acme', source: 'files', reason: 'obsolete', actor: operator });
  await api.process.run('notice');
  const path = linkIn(mails().at(-1));
  expect((await look(path)).text).toContain('all data of the source “files”');
  expect((await send(path, { way: 'keep-until', until: '' })).text).toContain('Name a day');
  expect((await send(path, { way: 'keep-until', until: '2027-02-30' })).text).toContain('Name a day');
  expect((await send(path, { way: 'keep-until', until: '2020-01-01' })).text).toContain('This day is past');
  expect((await send(path, { way: 'keep-until', until: '2999-01-01' })).text).toContain(
    '2 March 2027 or an earlier day',
  );
  const kept = await send(path, { way: 'keep-until', until: '2027-01-31' });
  expect(kept.text).toContain('The data are kept until the day that you named');
  expect(kept.text).toContain('31 January 2027');
  expect(kept.text).toContain('value="keep-until"');
  expect((await send(path, { way: 'keep-until', until: '2027-02-28' })).text).toContain('28 February 2027');
});

it('gives out the certificate at the end, which the verification takes', async () => {
  const { api, look, send, path, code } = await requested();
  await send(path, { way: 'confirm', code: code() });
  for (let day = 0; day < 20; day++) {
    api.home.clock.pass(24 * 3600_000);
    await api.process.run('notice');
  }
  const { text } = await look(path);
  expect(text).toContain('The data are erased');
  expect(text).not.toContain('<form');
  const answer = await api.app.request(`${path}/certificate.json`);
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="cert-[0-9a-f]{10}\.json"$/);
  expect(((await answer.json()) as { certificate: { id: string } }).certificate.id).toMatch(/^cert-/);
  expect((await api.app.request(`${path}/certificate.pdf`)).headers.get('content-type')).toBe('application/pdf');
});
