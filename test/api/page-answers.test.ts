import { describe, expect, it } from 'vitest';
import { openCase } from '../../src/use-cases/open-case.ts';
import { openedApi } from './fixture.ts';

const tooMuch = Buffer.alloc(6_000_000, 'x');

async function opened(limits = { perCaller: 1000, perAddress: 1000 }) {
  const api = await openedApi({}, { limits });
  await api.home.tenant('acme');
  await api.home.source('acme', 'files');
  const actor = { kind: 'customer', id: 'ann' } as const;
  const { id } = await openCase.typed(api.process.deps, { tenant: 'acme', reason: 'customer-request', actor });
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await api.app.request(path, init);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  return { ask, page: `/c/${id}/AAAAAAAAAAAAAAAAAAAAAA` };
}

const form = (type: string) => ({ method: 'POST', headers: { 'content-type': type }, body: tooMuch });

describe('a person', () => {
  it('who sends too large a file to be checked is told so on the page, in the language asked for', async () => {
    const { ask } = await opened();
    for (const [lang, words] of [
      ['en', 'larger than 5 MB'],
      ['es', 'más de 5 MB'],
      ['de', 'größer als 5 MB'],
    ]) {
      const { status, headers, text } = await ask(`/verify?lang=${lang}`, form('multipart/form-data; boundary=x'));
      expect([status, headers.get('content-type')]).toEqual([413, 'text/html; charset=UTF-8']);
      expect(text).toContain(words);
      expect(text).toContain('<form');
    }
  });

  it('who sends too much to the page of a case is told so in words', async () => {
    const { ask, page } = await opened();
    const { status, headers, text } = await ask(page, form('application/x-www-form-urlencoded'));
    expect([status, headers.get('content-type')]).toEqual([413, 'text/html; charset=UTF-8']);
    expect(text).toContain('That is too large');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it.each([['/verify'], ['page']])('who asks for %s too often is told when to come back', async (path) => {
    const { ask, page } = await opened({ perCaller: 10, perAddress: 1 });
    const asked = async () => await ask(path === 'page' ? page : path, { headers: { 'accept-language': 'es' } });
    await asked();
    const { status, headers, text } = await asked();
    expect([status, headers.get('content-type')]).toEqual([429, 'text/html; charset=UTF-8']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(text).toContain('Espere un minuto');
  });
});

it('a program is told by a problem all the same', async () => {
  const { ask } = await opened({ perCaller: 10, perAddress: 1 });
  const { status, headers } = await ask('/v1/certificates/verify', form('application/pdf'));
  expect([status, headers.get('content-type')]).toEqual([413, 'application/problem+json']);
  expect((await ask('/healthz')).headers.get('content-type')).toBe('application/problem+json');
});
