import { describe, expect, it } from 'vitest';
import { addHours } from '../../src/domain/calendar.ts';
import { UnavailableError } from '../../src/domain/errors.ts';
import { alerts, pendingEffects } from '../../src/records.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { viewCase } from '../../src/use-cases/view-case.ts';
import { mailIds, openAlerts } from '../workflows/checks.ts';
import { caseOf } from '../workflows/erasure-life.ts';
import { operator } from '../workflows/memory-home.ts';
import { type OpenedApi, openedApi } from './fixture.ts';

async function opened(): Promise<OpenedApi> {
  const api = await openedApi();
  await api.home.tenant('acme');
  await api.home.source('acme', 'files');
  return api;
}

/** A case of obsolete data whose notice has gone out. */
async function noticed(api: OpenedApi): Promise<string> {
  const { id } = await openCase.typed(api.process.deps, {
    ...{ tenant: 'acme', source: 'files', reason: 'obsolete' },
    actor: operator,
  });
  await api.process.run('notice');
  return id;
}

describe('codes', () => {
  it('are mailed anew five times a day, over the API too, by customers and operators together', async () => {
    const api = await opened();
    const { call, home } = api;
    const [customer, staff] = [await api.token('tenant:self', { tenant: 'acme' }), await api.token('operator')];
    const { body } = await call(customer, 'POST', '/v1/cases', { tenant: 'acme', reason: 'customer-request' });
    const ask = async (token: string) => await call(token, 'POST', `/v1/cases/${body.id}/new-code`, {});
    const start = home.clock.now();
    for (const token of [staff, customer, staff, customer, staff]) {
      home.clock.pass(60_000);
      expect((await ask(token)).status).toBe(200);
    }
    for (const token of [customer, staff]) {
      const refused = await ask(token);
      expect([refused.status, refused.body.code]).toEqual([409, 'blocked']);
      expect(refused.body.detail).toContain(addHours(new Date(Date.parse(start) + 60_000).toISOString(), 24));
    }
    expect(mailIds(home, 'confirm-code/')).toHaveLength(6);
    home.clock.pass(24 * 3_600_000 - 4 * 60_000);
    expect((await ask(await api.token('operator'))).status).toBe(200);
  });

  it('that are wrong stand in the timeline as wrong', async () => {
    const api = await opened();
    const customer = await api.token('tenant:self', { tenant: 'acme' });
    const { body } = await api.call(customer, 'POST', '/v1/cases', { tenant: 'acme', reason: 'customer-request' });
    await api.call(customer, 'POST', `/v1/cases/${body.id}/confirm`, { code: 'AAAAAAAA' });
    const [, code = ''] = /^ {4}([A-Z2-9]{8})\s*$/m.exec(api.home.mailer.sent.at(-1)?.text ?? '') ?? [];
    await api.call(customer, 'POST', `/v1/cases/${body.id}/confirm`, { code });
    const timeline = await api.call(customer, 'GET', `/v1/cases/${body.id}/timeline`);
    expect(timeline.body.items.map(({ event, status }: { event: string; status: string }) => [event, status])).toEqual([
      ['open', 'opened'],
      ['wrong-code', 'opened'],
      ['confirm', 'notified'],
      ['notice-sent', 'notified'],
    ]);
  });
});

it('every answer shows a case under a hold as held', async () => {
  const api = await opened();
  const { call } = api;
  const [billing, staff] = [await api.token('finance'), await api.token('operator', { mfa: true })];
  const say = async (type: string) =>
    await call(billing, 'POST', '/v1/finance/events', { tenant: 'acme', type, invoice: 'I1' });
  const { id } = (await say('unpaid')).body.case;
  await api.process.run('notice');
  const scope = { tenant: 'acme', source: 'files' };
  await placeHold.typed(api.process.deps, { ...scope, reason: 'lawsuit', actor: operator });
  const statuses = {
    shown: (await call(staff, 'GET', `/v1/cases/${id}`)).body.status,
    listed: (await call(staff, 'GET', '/v1/cases')).body.items[0].status,
    approved: (await call(staff, 'POST', `/v1/cases/${id}/approve`, {})).body.status,
    said: (await say('unpaid')).body.case?.status ?? (await say('disputed')).body.case.status,
    settled: (await call(staff, 'POST', `/v1/cases/${id}/settle`, {})).body.status,
  };
  expect(statuses).toEqual({ shown: 'held', listed: 'held', approved: 'held', said: 'held', settled: 'held' });
  const second = await call(staff, 'POST', '/v1/cases', { ...scope, reason: 'obsolete' });
  expect([second.status, second.body.detail]).toEqual([
    409,
    `case ${id} (non-payment, held) is already about this data`,
  ]);
  expect((await caseOf(api.home, id)).status).toBe('notified');
});

it('after a part payment notice, page and API ask for the rest; what is taken back is asked for again', async () => {
  const api = await opened();
  const { call, home, process } = api;
  const billing = await api.token('finance');
  const say = async (type: string, minor?: number) =>
    await call(billing, 'POST', '/v1/finance/events', {
      ...{ tenant: 'acme', type, invoice: 'I1' },
      ...(minor === undefined ? {} : { amount: { currency: 'EUR', minor } }),
    });
  const { id } = (await say('unpaid', 125_000)).body.case;
  const shown = async () => (await call(billing, 'GET', `/v1/cases/${id}`)).body.invoices;
  const onPage = async () => (await viewCase(process.deps, await caseOf(home, id))).view.invoices;
  expect(await shown()).toEqual([{ invoice: 'I1', outstanding: { currency: 'EUR', minor: 125_000 } }]);
  await say('part-paid', 25_000);
  const rest = { currency: 'EUR', minor: 100_000 };
  expect(await shown()).toEqual([{ invoice: 'I1', outstanding: rest }]);
  expect(await onPage()).toEqual([{ invoice: 'I1', amount: rest }]);
  await process.run('notice');
  const notice = home.mailer.sent.find(({ id: mail }) => mail.startsWith('notice/'));
  expect(notice?.text).toContain('€1,000.00');
  expect(notice?.text).not.toContain('€1,250.00');
  await say('reversed', 25_000);
  expect(await onPage()).toEqual([{ invoice: 'I1', amount: { currency: 'EUR', minor: 125_000 } }]);
  await say('paid');
  expect(await shown()).toEqual([{ invoice: 'I1', settledAt: home.clock.now() }]);
});

describe('an alert of a case', () => {
  it('is closed when the case goes on, and the next stop opens and mails it again', async () => {
    const api = await opened();
    const { call, home } = api;
    const [customer, staff] = [await api.token('tenant:self', { tenant: 'acme' }), await api.token('operator')];
    const id = await noticed(api);
    const change = async (token: string, name: string) => {
      home.clock.pass(1000);
      expect((await call(token, 'POST', `/v1/cases/${id}/${name}`, {})).status).toBe(200);
    };
    for (const mails of [1, 2]) {
      await change(customer, 'object');
      expect(await openAlerts(home)).toEqual([`case-disputed ${id}`]);
      expect(mailIds(home, 'alert/')).toHaveLength(mails);
      await change(staff, 'settle');
      expect(await openAlerts(home)).toEqual([]);
      const [alert] = await alerts.list(home.table, 'ALERTS');
      expect(alert?.value).toMatchObject({ status: 'closed', cause: 'the case is notified' });
    }
    await change(customer, 'object');
    await change(staff, 'cancel');
    expect(await openAlerts(home)).toEqual([]);
  });

  it('that a killed process left to be told is not opened by a sweep once its cause has gone', async () => {
    const api = await opened();
    const { home, process } = api;
    const id = await noticed(api);
    const killed = home.process({
      change: ({ table }) => ({
        table: {
          ...table,
          transact: async (writes) => {
            if (JSON.stringify(writes).includes('"ALERTS"')) killed.kill();
            await table.transact(writes);
          },
        },
      }),
    });
    const object = { case: id, actor: { kind: 'customer' as const, id: 'acme' }, change: { type: 'object' as const } };
    await Promise.race([changeCase.typed(killed.deps, object), killed.died]);
    expect(await pendingEffects.list(home.table, `EFFECTS#${id}`)).toHaveLength(1);
    await changeCase.typed(process.deps, { case: id, actor: operator, change: { type: 'settle' } });
    await process.run('notice');
    expect(await pendingEffects.list(home.table, `EFFECTS#${id}`)).toEqual([]);
    expect(await openAlerts(home)).toEqual([]);
    expect(mailIds(home, 'alert/')).toEqual([]);
  });

  it('that has come back stands, and no reminder goes out about a day that counts no more, when a sweep finishes what was left', async () => {
    const api = await opened();
    const { home } = api;
    const id = await noticed(api);
    const customer = { kind: 'customer' as const, id: 'acme' };
    const { deps } = home.process({
      change: ({ mailer }) => ({
        mailer: {
          send: async (mail) => {
            if (mail.id.startsWith('reminder/')) throw new UnavailableError('the mail server is down');
            return await mailer.send(mail);
          },
        },
      }),
    });
    const change = async (actor: typeof customer | typeof operator, type: 'object' | 'settle') => {
      home.clock.pass(1000);
      await changeCase.typed(deps, { case: id, actor, change: { type } });
    };
    await change(customer, 'object');
    await expect(change(operator, 'settle')).rejects.toThrow('mail server');
    await change(customer, 'object');
    expect((await alerts.list(home.table, 'ALERTS'))[0]?.value.count).toBe(2);
    const pending = await pendingEffects.list(home.table, `EFFECTS#${id}`);
    expect(pending.map(({ value }) => value.effect.type)).toEqual(['mail', 'settle-alerts']);
    await home.process().run('notice');
    expect(await pendingEffects.list(home.table, `EFFECTS#${id}`)).toEqual([]);
    expect((await caseOf(home, id)).status).toBe('disputed');
    expect(await openAlerts(home)).toEqual([`case-disputed ${id}`]);
    expect(mailIds(home, 'reminder/')).toEqual([]);
    // The next one that goes on reminds, and closes the alert.
    await changeCase.typed(home.process().deps, { case: id, actor: operator, change: { type: 'settle' } });
    expect([mailIds(home, 'reminder/').length, await openAlerts(home)]).toEqual([1, []]);
  });

  it('and what else waits to be done is not lost where the timeline grows no more', async () => {
    const api = await opened();
    const { home } = api;
    const id = await noticed(api);
    const mailer = { send: async () => Promise.reject(new UnavailableError('the mail server is down')) };
    const { deps } = home.process({ change: () => ({ mailer }) });
    const change = async (type: 'dispute' | 'settle') => {
      home.clock.pass(1000);
      await changeCase.typed(deps, { case: id, actor: operator, change: { type } }).catch(() => undefined);
    };
    const waiting = async () => (await pendingEffects.list(home.table, `EFFECTS#${id}`)).map(({ value }) => value.id);
    for (let n = 0; n < 45; n++) for (const type of ['dispute', 'settle'] as const) await change(type);
    const ids = new Set(await waiting());
    await change('dispute');
    await change('settle');
    expect((await waiting()).filter((each) => !ids.has(each))).toHaveLength(2);
    expect((await caseOf(home, id)).timeline.length).toBeLessThan(90);
  });
});
