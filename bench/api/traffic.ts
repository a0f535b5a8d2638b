import { randomUUID } from 'node:crypto';
import type { Request } from 'autocannon';
import type { Client } from './home.ts';

const json = { 'content-type': 'application/json' };

/** What a client of its role asks, again and again: mostly reads, some writes, and some writes that are repeated under their key. */
export function requestsOf({ role, key, tenant, case: id, page }: Client, n: number): Request[] {
  const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': `10.0.${n >> 8}.${n & 255}` };
  const get = (path: string): Request => ({ method: 'GET', path, headers });
  const once = { ...headers, ...json, 'idempotency-key': `once-${n}` };
  const asked: Record<Client['role'], Request[]> = {
    'tenant:self': [
      get(`/v1/tenants/${tenant}`),
      get('/v1/cases'),
      get(`/v1/cases/${id}`),
      get(`/v1/cases/${id}/timeline`),
      get('/v1/snapshots'),
      { method: 'GET', path: page, headers: { 'x-forwarded-for': headers['x-forwarded-for'] } },
    ],
    operator: [
      get('/v1/tenants'),
      get('/v1/cases?open=true'),
      get(`/v1/cases/${id}`),
      get(`/v1/snapshots?tenant=${tenant}`),
      get('/v1/executions?limit=20'),
      {
        ...{ method: 'POST', path: '/v1/holds', headers: once },
        body: JSON.stringify({ tenant, source: 'files', reason: 'the load asks' }),
      },
      get(`/v1/holds?tenant=${tenant}`),
    ],
    finance: [
      get(`/v1/cases?tenant=${tenant}`),
      {
        ...{ method: 'POST', path: '/v1/finance/events', headers: { ...headers, ...json } },
        setupRequest: (request) => ({
          ...request,
          headers: { ...headers, ...json, 'idempotency-key': randomUUID() },
          body: JSON.stringify({
            ...{ tenant, type: 'part-paid', invoice: 'i-1', payment: randomUUID() },
            amount: { currency: 'EUR', minor: 1 },
          }),
        }),
      },
      get(`/v1/cases/${id}`),
      {
        ...{ method: 'POST', path: '/v1/finance/events', headers: once },
        body: JSON.stringify({
          ...{ tenant, type: 'part-paid', invoice: 'i-1', payment: 'the same' },
          amount: { currency: 'EUR', minor: 1 },
        }),
      },
    ],
    auditor: [
      get('/v1/ledger/system'),
      get('/v1/alerts'),
      get('/v1/plans'),
      get('/v1/snapshots?limit=50'),
      get(`/v1/tenants/${tenant}/sources`),
      get('/v1/certificates'),
    ],
  };
  return asked[role];
}
