import { expect } from 'vitest';
import { answered, send } from './curl.ts';
import type { Arrived } from './mail-server.ts';
import type { Stage } from './stage.ts';

/** Asks until there is an answer, for at most two minutes: what a deployment does takes its time. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const patience = performance.now() + 120_000;
  while (performance.now() < patience) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** The newest mail to an address whose subject or text says something; waited for. */
export async function mailTo(stage: Stage, address: string, says: string): Promise<Arrived> {
  return await until(`a mail to ${address} about "${says}"`, () =>
    stage.mails().findLast(({ to, subject, text }) => to === address && `${subject}\n${text}`.includes(says)),
  );
}

/** Starts a run as an operator and waits until it has succeeded. */
export async function run(stage: Stage, bearer: string, wanted: { kind: string; tenant?: string }): Promise<void> {
  const { name } = await answered(stage, 202, '/v1/runs', { bearer, json: wanted });
  const ended = await until(`the run ${name}`, async () => {
    const execution = await answered(stage, 200, `/v1/executions/${name}`, { bearer });
    return execution.status === 'running' ? undefined : execution;
  });
  expect(ended, JSON.stringify(ended)).toMatchObject({ status: 'succeeded' });
}

/** Waits until a case has come as far as this. */
export async function caseIs(stage: Stage, bearer: string, id: string, status: string): Promise<void> {
  let seen = '';
  await until(`case ${id} to be ${status}`, async () => {
    seen = (await answered(stage, 200, `/v1/cases/${id}`, { bearer })).status;
    return seen === status ? true : undefined;
  }).catch((error: unknown) => expect.fail(`${String(error)}; it is ${seen}`));
}

/** Takes on a tenant of two contacts with one source, and backs it up. */
export async function takeOn(
  stage: Stage,
  bearer: string,
  tenant: { id: string; name: string; plan: 'standard' | 'unattended' },
): Promise<void> {
  const contacts = ['ann', 'bob'].map((who) => ({ name: who, email: `${who}@${tenant.id}.example` }));
  await answered(stage, 201, '/v1/tenants', { bearer, json: { ...tenant, contacts, locale: 'en', timezone: 'UTC' } });
  await stage.addSource(tenant.id, 'files', {
    'contracts/2026.txt': `the contracts of ${tenant.name}`,
    'letters/one.txt': 'x'.repeat(50_000),
  });
  await run(stage, bearer, { kind: 'backup', tenant: tenant.id });
  expect(await copiesOf(stage, bearer, tenant.id)).toHaveLength(1);
}

/** Live copies of a tenant. */
export async function copiesOf(stage: Stage, bearer: string, tenant: string): Promise<{ id: string }[]> {
  return (await answered(stage, 200, `/v1/snapshots?tenant=${tenant}`, { bearer })).items;
}

/** A file or archive of a copy: answered at once, or prepared and then fetched from where it lies. */
export async function downloaded(stage: Stage, bearer: string, path: string): Promise<Buffer> {
  const answer = await until(path, async () => {
    const found = await send(stage, path, { bearer });
    return found.status === 202 ? undefined : found;
  });
  const file = answer.status === 303 ? await send(stage, answer.redirect) : answer;
  expect(file.status, file.text.slice(0, 500)).toBe(200);
  return file.bytes;
}

/** The copy that a case's page gives out: at once, or by a link once it is prepared. */
export async function exportedCopy(stage: Stage, link: string, form: string): Promise<Buffer> {
  return await until('the copy from the page', async () => {
    const answer = await send(stage, link, { form: { way: 'export', form, lang: 'en' } });
    expect(answer.status, answer.text.slice(0, 500)).toBe(200);
    if (answer.contentType === 'application/zip') return answer.bytes;
    const [, href] = /Your copy is ready.*?href="([^"]+)"/.exec(answer.text) ?? [];
    if (href === undefined) expect(answer.text).toContain('Your copy is being prepared');
    return href === undefined ? undefined : (await send(stage, href.replaceAll('&amp;', '&'))).bytes;
  });
}

/** The page of a case as text. */
export async function pageAt(stage: Stage, link: string): Promise<string> {
  const { status, text, contentType } = await send(stage, link);
  expect([status, contentType]).toEqual([200, 'text/html; charset=UTF-8']);
  return text;
}

/** Nothing was taken from the tenant: live data, copies, account. */
export async function expectWhole(stage: Stage, bearer: string, tenant: string): Promise<void> {
  await stage.expectSourceWhole(tenant, 'files');
  expect((await copiesOf(stage, bearer, tenant)).length).toBeGreaterThan(0);
  expect(await answered(stage, 200, `/v1/tenants/${tenant}`, { bearer })).toMatchObject({ status: 'active' });
}

/** Nothing of the tenant is left where it lived, and the account says so. */
export async function expectErased(stage: Stage, bearer: string, tenant: string): Promise<void> {
  await stage.expectSourceGone(tenant, 'files');
  await stage.expectCopiesGone(tenant);
  expect(await copiesOf(stage, bearer, tenant)).toEqual([]);
  expect(await answered(stage, 200, `/v1/tenants/${tenant}`, { bearer })).toMatchObject({ status: 'erased' });
}
