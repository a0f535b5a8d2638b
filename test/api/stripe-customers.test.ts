import { describe, expect, it } from 'vitest';
import { stripeCustomers, tenants } from '../../src/records.ts';
import { applyFile } from '../../src/use-cases/apply-file.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { finance, operator } from '../workflows/memory-home.ts';
import { openedApi } from './fixture.ts';

const contacts = [{ name: 'Ann', email: 'ann@acme.example' }];
const taken = { status: 409, body: { code: 'conflict', errors: [{ pointer: '/stripeCustomer' }] } };

async function opened() {
  const api = await openedApi();
  await api.home.tenant('acme');
  await api.home.tenant('beta');
  const bearer = await api.token('operator');
  const set = async (id: string, stripeCustomer: string | null) =>
    await api.call(bearer, 'PATCH', `/v1/tenants/${id}`, { stripeCustomer });
  const add = async (id: string, stripeCustomer: string) =>
    await api.call(bearer, 'POST', '/v1/tenants', { id, name: id, contacts, stripeCustomer });
  const whose = async (customer: string) => (await stripeCustomers.read(api.home.table, customer))?.value.tenant;
  const apply = async (text: string) =>
    await applyFile.typed(api.process.deps, { text, fileName: 'tenants.yml', folder: '/', actor: operator });
  return { ...api, set, add, whose, apply };
}

describe('a customer of Stripe’s', () => {
  it('is one tenant’s: another one, and a new one, are refused with a pointer', async () => {
    const { set, add, whose } = await opened();
    expect((await set('acme', 'cus_A')).body).toMatchObject({ stripeCustomer: 'cus_A' });
    expect(await set('beta', 'cus_A')).toMatchObject(taken);
    expect(await add('gamma', 'cus_A')).toMatchObject(taken);
    expect((await set('acme', 'cus_A')).status).toBe(200);
    expect(await whose('cus_A')).toBe('acme');
    expect((await add('gamma', 'cus_G')).status).toBe(201);
    expect(await set('acme', 'cus_G')).toMatchObject(taken);
  });

  it('is taken from a tenant with null, and is free then', async () => {
    const { set, whose, home } = await opened();
    await set('acme', 'cus_A');
    expect((await set('acme', null)).body).not.toHaveProperty('stripeCustomer');
    expect((await tenants.read(home.table, 'acme'))?.value).not.toHaveProperty('stripeCustomer');
    expect((await set('beta', 'cus_A')).status).toBe(200);
    expect((await set('beta', 'cus_B')).status).toBe(200);
    expect([await whose('cus_A'), await whose('cus_B')]).toEqual([undefined, 'beta']);
  });

  it('goes to one of two who want it at once', async () => {
    const { set, add } = await opened();
    const answers = await Promise.all([set('acme', 'cus_A'), set('beta', 'cus_A'), add('gamma', 'cus_A')]);
    expect(answers.map(({ status }) => status).filter((status) => status !== 409)).toHaveLength(1);
  });

  it('is held against a file before anything is changed, and cleared by null', async () => {
    const { set, apply, whose } = await opened();
    await set('acme', 'cus_A');
    const tenant = (id: string, customer: string) =>
      `  - { id: ${id}, name: ${id}, contacts: [{ name: Ann, email: ann@acme.example }], stripeCustomer: ${customer} }\n`;
    await expect(apply(`tenants:\n${tenant('beta', 'cus_A')}`)).rejects.toThrow('cus_A');
    await expect(apply(`tenants:\n${tenant('d', 'cus_D')}${tenant('e', 'cus_D')}`)).rejects.toThrow('twice');
    const file = `tenants:\n${tenant('acme', 'null')}`;
    expect(await apply(file)).toMatchObject([{ fields: expect.arrayContaining(['stripeCustomer']) }]);
    expect(await whose('cus_A')).toBeUndefined();
    expect(await apply(file)).toMatchObject([{ change: 'none' }]);
  });

  it('is known until its tenant is erased, and free then', async () => {
    const { set, add, whose, home, process } = await opened();
    await home.source('acme', 'files');
    await set('acme', 'cus_A');
    await takeFinanceEvent.typed(process.deps, { tenant: 'acme', type: 'unpaid', actor: finance });
    const start = Date.parse(home.clock.now());
    for (const hours of [1, 24 * 31, 24 * 31 + 1, 24 * 39, 24 * 39 + 1]) {
      expect(await whose('cus_A')).toBe('acme');
      home.clock.moveTo(new Date(start + hours * 3600_000).toISOString());
      await process.run('notice');
      if ((await tenants.read(home.table, 'acme'))?.value.status === 'erased') break;
    }
    expect((await tenants.read(home.table, 'acme'))?.value.status).toBe('erased');
    expect(await whose('cus_A')).toBeUndefined();
    expect((await add('gamma', 'cus_A')).status).toBe(201);
  });
});
