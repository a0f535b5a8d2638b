import { expect } from 'vitest';
import { provenCertificate } from './certificate-proof.ts';
import { answered } from './curl.ts';
import { linkIn } from './mail-server.ts';
import type { Stage } from './stage.ts';
import { caseIs, expectErased, expectWhole, mailTo, pageAt, run, takeOn } from './telling.ts';

/** What the plan `standard` grants. */
const [noticeDays, reminderDays, settlementDays] = [30, 7, 7];

/**
 * Two accounts are unpaid. Both get notice and reminders; one pays the day before it is due, which ends its case. The other does not: the
 * erasure waits for a second person with a second factor, then for the days of settlement, and is carried out and certified. A payment
 * after that comes too late, and is told so.
 */
export async function nonPaymentStory(stage: Stage, suffix: string): Promise<void> {
  // Whoever answers for the key of billing has opened the cases.
  const finance = await stage.apiKey({ name: `billing-${suffix}`, owner: 'fay', scope: 'finance' });
  const operator = await stage.token({ sub: 'olga', scope: 'operator' });
  const [pays, owes] = [`pays-${suffix}`, `owes-${suffix}`];
  for (const id of [pays, owes]) await takeOn(stage, operator, { id, name: `The company ${id}`, plan: 'standard' });
  const say = (type: string, tenant: string) => ({
    bearer: finance,
    json: {
      tenant,
      type,
      invoice: `F-${tenant}`,
      ...(type === 'unpaid' ? { amount: { currency: 'EUR', minor: 125_000 } } : {}),
    },
    idempotencyKey: `${tenant}-${type}`,
  });
  const unpaid = async (tenant: string): Promise<string> => {
    const taken = await answered(stage, 200, '/v1/finance/events', say('unpaid', tenant));
    expect(taken).toMatchObject({ tenant, case: { status: 'opened' } });
    // Whoever had no answer asks again, and nothing happens twice.
    expect(await answered(stage, 200, '/v1/finance/events', say('unpaid', tenant))).toEqual(taken);
    return taken.case.id;
  };
  const [paidCase, owedCase] = [await unpaid(pays), await unpaid(owes)];

  await run(stage, operator, { kind: 'notice' });
  for (const [tenant, id] of [
    [pays, paidCase],
    [owes, owedCase],
  ] as const) {
    const notice = await mailTo(stage, `ann@${tenant}.example`, id);
    expect(notice.subject).toContain('Notice of erasure');
    expect(notice.text).toContain(`F-${tenant}`);
    const page = await pageAt(stage, linkIn(notice));
    for (const told of ['1,250.00', `F-${tenant}`, 'Terms of service', 'Object', 'Pay']) expect(page).toContain(told);
    expect(await answered(stage, 200, `/v1/cases/${id}`, { bearer: finance })).toMatchObject({
      status: 'notified',
      daysUntilDue: noticeDays,
    });
  }
  await stage.passTime(noticeDays - reminderDays);
  await run(stage, operator, { kind: 'notice' });
  for (const tenant of [pays, owes]) await reminders(stage, tenant, 1);

  // The day before: one pays.
  await stage.passTime(reminderDays - 1);
  await run(stage, operator, { kind: 'notice' });
  for (const tenant of [pays, owes]) await reminders(stage, tenant, 2);
  const paid = await answered(stage, 200, '/v1/finance/events', say('paid', pays));
  expect(paid.case).toEqual({ id: paidCase, status: 'cancelled' });
  const cancelled = await mailTo(stage, `ann@${pays}.example`, 'cancel');
  expect(await pageAt(stage, linkIn(cancelled))).toContain('Paid, and therefore cancelled');
  const approve = `/v1/cases/${owedCase}/approve`;

  // The other is due, and waits for somebody else than who opened it, with a second factor.
  await stage.passTime(2);
  await run(stage, operator, { kind: 'notice' });
  await caseIs(stage, operator, owedCase, 'awaiting-approval');
  await answered(stage, 403, approve, { bearer: finance, json: {} });
  await answered(stage, 403, approve, { bearer: operator, json: {} });
  const opener = await stage.token({ sub: 'fay', scope: 'operator', mfa: true });
  const self = await answered(stage, 409, approve, { bearer: opener, json: {} });
  expect(self.hint ?? self.detail).toMatch(/approve|another|second/i);
  await caseIs(stage, operator, owedCase, 'awaiting-approval');
  const approver = await stage.token({ sub: 'eve', scope: 'operator', mfa: true });
  await answered(stage, 200, approve, { bearer: approver, json: {} });

  // Approved, and the days of settlement still count.
  await run(stage, operator, { kind: 'notice' });
  await caseIs(stage, operator, owedCase, 'due');
  await stage.expectSourceWhole(owes, 'files');
  await stage.passTime(settlementDays);
  await run(stage, operator, { kind: 'notice' });
  await caseIs(stage, operator, owedCase, 'closed');
  await expectErased(stage, operator, owes);
  const tooLate = await answered(stage, 409, '/v1/finance/events', say('paid', owes));
  expect(tooLate.detail).toMatch(/too late/);
  const pdf = await provenCertificate(stage, await stage.token({ sub: 'aud', scope: 'auditor' }), owedCase);
  const report = await mailTo(stage, `ann@${owes}.example`, 'ertificate');
  expect([...report.attachments.values()].some((file) => file.equals(pdf))).toBe(true);
  await expectWhole(stage, operator, pays);
  const { ok } = await answered(stage, 200, '/v1/ledger/verify', { bearer: operator, json: {} });
  expect(ok).toBe(true);
}

async function reminders(stage: Stage, tenant: string, count: number): Promise<void> {
  await mailTo(stage, `ann@${tenant}.example`, 'eminder');
  const found = stage.mails().filter(({ to, subject }) => to === `ann@${tenant}.example` && /reminder/i.test(subject));
  expect(found).toHaveLength(count);
}
