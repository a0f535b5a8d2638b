import { expect } from 'vitest';
import { provenCertificate } from './certificate-proof.ts';
import { answered, send } from './curl.ts';
import { codeIn, linkIn } from './mail-server.ts';
import type { Stage } from './stage.ts';
import { caseIs, downloaded, expectErased, expectWhole, exportedCopy, mailTo, pageAt, run, takeOn } from './telling.ts';

/** Days that the plans give a customer to take a request back. */
const coolingOffDays = 7;

/**
 * A customer leaves: asks, confirms with the code from the mail, follows the case, and has the certificate verified. A second one is to lose
 * what is obsolete: objects, which makes the clock stand still, and has the case cancelled. A third looks for what is not its own.
 */
export async function customerStory(stage: Stage, suffix: string): Promise<void> {
  const operator = await stage.token({ sub: 'olga', scope: 'operator' });
  const [leaver, keeper] = [`leaver-${suffix}`, `keeper-${suffix}`];
  await takeOn(stage, operator, { id: leaver, name: 'Leaver & Sons', plan: 'unattended' });
  await takeOn(stage, operator, { id: keeper, name: 'Keeper Ltd', plan: 'unattended' });
  await leaves(stage, operator, leaver, keeper);
  await keeps(stage, operator, keeper);
  const { ok } = await answered(stage, 200, '/v1/ledger/verify', { bearer: operator, json: {} });
  expect(ok).toBe(true);
}

async function leaves(stage: Stage, operator: string, tenant: string, other: string): Promise<void> {
  const bearer = await stage.token({ sub: `ann@${tenant}.example`, scope: 'tenant:self', tenant });
  const request = { tenant, reason: 'customer-request', note: 'We leave.' };
  const opened = await answered(stage, 201, '/v1/cases', { bearer, json: request, idempotencyKey: `${tenant}-leaves` });
  const again = await answered(stage, 201, '/v1/cases', { bearer, json: request, idempotencyKey: `${tenant}-leaves` });
  const { id } = opened;
  expect(again.id).toBe(id);
  await answered(stage, 404, '/v1/cases', { bearer, json: { ...request, tenant: other } });

  // The code is in the mail and nowhere else; a wrong one is counted.
  const mail = await mailTo(stage, `ann@${tenant}.example`, id);
  const code = codeIn(mail);
  expect(code).toMatch(/^[A-Z2-9]{8}$/);
  expect(JSON.stringify(opened)).not.toContain(code);
  const link = linkIn(mail);
  expect(await pageAt(stage, link)).toContain('Waiting for your code');
  const wrong = code === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA';
  const refused = await answered(stage, 400, `/v1/cases/${id}/confirm`, { bearer, json: { code: wrong } });
  expect(refused.detail).toMatch(/code/);
  await run(stage, operator, { kind: 'notice' });
  await caseIs(stage, bearer, id, 'opened');
  await answered(stage, 200, `/v1/cases/${id}/confirm`, { bearer, json: { code } });

  // The cooling-off period runs, and the case can be followed.
  await run(stage, operator, { kind: 'notice' });
  const running = await answered(stage, 200, `/v1/cases/${id}`, { bearer });
  expect(running).toMatchObject({ status: 'notified', daysUntilDue: coolingOffDays, certificate: null });
  const { items } = await answered(stage, 200, `/v1/cases/${id}/timeline`, { bearer });
  expect(items.map(({ event, by }: { event: string; by: string }) => [event, by])).toEqual(
    expect.arrayContaining([
      ['open', 'customer'],
      ['confirm', 'customer'],
    ]),
  );
  expect(await pageAt(stage, link)).toContain('The period is running');
  const [copy] = (await answered(stage, 200, `/v1/snapshots?tenant=${tenant}`, { bearer })).items;
  const zip = await downloaded(stage, bearer, `/v1/snapshots/${copy.id}/archive.zip`);
  expect(zip.subarray(0, 2).toString()).toBe('PK');
  // Until it is over the page gives out a copy; only the form that the page shows does.
  const [, form = ''] = /name="form" value="([^"]+)"/.exec(await pageAt(stage, link)) ?? [];
  expect(await send(stage, link, { form: { way: 'export', form: 'none' } })).toMatchObject({ status: 403 });
  const exported = await exportedCopy(stage, link, form);
  expect(exported.subarray(0, 2).toString()).toBe('PK');
  expect(exported.includes('files/contracts/2026.txt')).toBe(true);
  await stage.passTime(coolingOffDays - 1);
  await run(stage, operator, { kind: 'notice' });
  await expectWhole(stage, operator, tenant);

  // It is over: everything goes, and the certificate comes.
  await stage.passTime(2);
  await run(stage, operator, { kind: 'notice' });
  await caseIs(stage, bearer, id, 'closed');
  await expectErased(stage, operator, tenant);
  const pdf = await provenCertificate(stage, bearer, id);
  const report = await mailTo(stage, `bob@${tenant}.example`, 'ertificate');
  expect([...report.attachments.values()].some((file) => file.equals(pdf))).toBe(true);
  const end = await pageAt(stage, link);
  expect(end).toContain('The data are erased');
  expect(end).toContain('certificate.pdf');
  const fromPage = await send(stage, `${link}/certificate.pdf`);
  expect([fromPage.status, fromPage.bytes.equals(pdf)]).toEqual([200, true]);
  const late = await answered(stage, 409, `/v1/cases/${id}/cancel`, { bearer, json: {} });
  expect(late.detail).toMatch(/too late|closed/);
  await expectWhole(stage, operator, other);
}

async function keeps(stage: Stage, operator: string, tenant: string): Promise<void> {
  const bearer = await stage.token({ sub: `ann@${tenant}.example`, scope: 'tenant:self', tenant });
  const asked = { tenant, source: 'files', reason: 'obsolete', note: 'Untouched for years.' };
  await answered(stage, 403, '/v1/cases', {
    bearer: await stage.apiKey({ name: 'billing', owner: 'fay', scope: 'finance' }),
    json: asked,
  });
  const { id } = await answered(stage, 201, '/v1/cases', { bearer: operator, json: asked });
  await run(stage, operator, { kind: 'notice' });
  const link = linkIn(await mailTo(stage, `ann@${tenant}.example`, id));
  await caseIs(stage, bearer, id, 'notified');

  await answered(stage, 200, `/v1/cases/${id}/object`, { bearer, json: { note: 'We still read them.' } });
  expect(await pageAt(stage, link)).toContain('Your objection is being looked at');
  await stage.passTime(60);
  await run(stage, operator, { kind: 'notice' });
  expect(await answered(stage, 200, `/v1/cases/${id}`, { bearer })).toMatchObject({ status: 'disputed', dueAt: null });
  await expectWhole(stage, operator, tenant);

  await answered(stage, 200, `/v1/cases/${id}/cancel`, { bearer, json: {} });
  await caseIs(stage, bearer, id, 'cancelled');
  await stage.passTime(60);
  await run(stage, operator, { kind: 'notice' });
  await expectWhole(stage, operator, tenant);
  expect(await pageAt(stage, link)).toContain('Cancelled');
  await answered(stage, 404, `/v1/cases/${id}/certificate.json`, { bearer });
}
