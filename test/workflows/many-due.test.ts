import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Case } from '../../src/domain/case.ts';
import type { CaseEvent } from '../../src/domain/case-events.ts';
import { systemActor } from '../../src/domain/case-events.ts';
import { casePolicy } from '../../src/domain/case-policy.ts';
import { decide } from '../../src/domain/decide.ts';
import { cases, certificates, runItems, sources, tenants } from '../../src/records.ts';
import { planOf } from '../../src/use-cases/plan-of.ts';
import { openedApi } from '../api/fixture.ts';
import { finance, type MemoryHome } from './memory-home.ts';

const many = 2000;
const noticed = '2026-03-01T10:00:00.000Z';
/** The 30 days of notice end with the last of March; nothing is settled on the plan `unattended`. */
const dueDay = '2026-04-01';

const idOf = (n: number): string => `t${String(n).padStart(4, '0')}`;

/**
 * Puts tenants on record, each with a source of one file and a case that is due the same day. The daily limit on newly noticed
 * tenants would spread the notices, and so the due days, over three weeks: here every case is led to its notice by the domain's own
 * decisions, and stored as they leave it. What comes after that day is the program's.
 */
async function seeded(home: MemoryHome): Promise<void> {
  const { deps } = home.process();
  await home.tenant('t0000');
  const template = (await tenants.read(home.table, 't0000'))?.value ?? expect.fail();
  const { plan, digest } = await planOf(deps, template);
  const policy = casePolicy(plan);
  const tenant = { timezone: 'UTC', contacts: 2 };
  const context = { holds: [], plan: policy, approval: policy.approval, tenant, now: noticed };
  for (let n = 0; n < many; n++) {
    const id = idOf(n);
    if (n > 0) {
      await deps.keys.make(`tenant/${id}`);
      await deps.keys.make(`evidence/${id}`);
    }
    const location = join(home.dir, 'data', id);
    mkdirSync(location, { recursive: true });
    writeFileSync(join(location, 'a.txt'), id);
    const scope = { tenant: id };
    const caseId = `c-${String(n).padStart(10, '0')}`;
    const told = [
      {
        type: 'open',
        id: caseId,
        actor: finance,
        scope,
        reason: 'non-payment',
        planDigest: digest,
        invoices: [{ invoice: 'i-1' }],
      },
      { type: 'notice-sent', actor: systemActor, delivery: 'd1', level: 'relayed', evidence: 'digest' },
    ] as const;
    const value = told.reduce((before: Case | undefined, event) => {
      const decision = decide(before, { ...event, at: noticed } as unknown as CaseEvent, context);
      return decision.ok ? decision.case : expect.fail(decision.reason);
    }, undefined);
    await home.table.transact([
      tenants.write({
        ...template,
        id,
        name: `${id} Ltd`,
        ledgerId: `t-${String(n).padStart(20, '0')}`,
        status: 'frozen',
      }),
      sources.write(
        { tenant: id, name: 'files', kind: 'directory', location, status: 'active', createdAt: noticed },
        'absent',
      ),
      cases.write(value ?? expect.fail(), 'absent'),
    ]);
  }
}

it(`of ${many} cases that are due on one day ten are erased a day; the rest wait, and say why`, async () => {
  const api = await openedApi({ now: noticed });
  const { home, process: program } = api;
  await seeded(home);
  const token = async () => await api.token('operator');
  const erased = async () => (await certificates.list(home.table, 'CERTIFICATES')).length;
  const sweep = async (day: string, hour: number) => {
    home.clock.moveTo(`${day}T${String(hour).padStart(2, '0')}:15:00.000Z`);
    await program.run('notice', { scheduledAt: home.clock.now() });
  };

  // Of the day's hourly sweeps, each of which finds what the one before has left, the first two and the last.
  for (const hour of [0, 1, 23]) await sweep(dueDay, hour);
  expect(await erased()).toBe(10);
  expect((await tenants.list(home.table, 'TENANTS')).filter(({ value }) => value.status === 'erased')).toHaveLength(10);

  const all = (await cases.all(home.table)).map(({ value }) => value);
  const waiting = all.filter(({ status }) => status === 'due');
  expect(waiting).toHaveLength(many - 10);
  const bearer = await token();
  for (const { id } of waiting) {
    const { body } = await api.call(bearer, 'GET', `/v1/cases/${id}`);
    expect(body.obstacles).toEqual([
      {
        code: 'limit-erasures',
        message: 'the erasure of 10 tenants began today; the limit is 10',
        hint: 'It goes on tomorrow, or raise limits.erasuresPerDay in the plan.',
      },
    ]);
  }
  const items = (await runItems.list(home.table, `RUN#notice-${dueDay}T23`)).map(({ value }) => value);
  expect(
    items.filter(({ status, reasons }) => status === 'blocked' && /limit is 10/.test(reasons[0] ?? '')),
  ).toHaveLength(many - 10);
  // Nobody is woken 1,990 times for what goes on by itself tomorrow.
  expect(home.mailer.sent.filter(({ to }) => to.address === 'olga@keeper.example')).toEqual([]);

  await sweep('2026-04-02', 0);
  expect(await erased()).toBe(20);
}, 60_000);
