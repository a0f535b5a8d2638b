import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeApi } from '../../src/api/app.ts';
import { apiMetrics } from '../../src/api/metrics.ts';

/** Every route: of the description, of Stripe and metrics, and the pages. */
function routes(): { method: string; path: string }[] {
  const { accesses } = makeApi({
    deps: () => {
      throw new Error('nobody asks');
    },
    stripeSecrets: ['whsec_x'],
    metrics: apiMetrics(),
    addressOf: () => '',
    log: () => undefined,
  });
  return accesses;
}

/** What a page names: commands of curl with their method, and routes in text, `…` standing for what a line before has named. */
function named(page: string): { method?: string; path: string }[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8').replaceAll('\\\n', ' ');
  const commands = [...text.matchAll(/^.*curl -sf (.*)$/gm)].flatMap(([, args = '']) => {
    const [, path] = /\$API(\/[^\s"?]*)/.exec(args) ?? [];
    const [, given] = / -X ([A-Z]+)/.exec(` ${args}`) ?? [];
    const sends = / (?:-d|-F|--data\S*) /.test(args);
    return path === undefined ? [] : [{ method: (given ?? (sends ? 'POST' : 'GET')).toLowerCase(), path }];
  });
  const said = [...text.matchAll(/`(?:(GET|POST|PUT|PATCH|DELETE) )?(\/v1\/[^`?]*|\/healthz|\/metrics|\/verify)`/g)];
  return [
    ...commands,
    ...said.map(([, method, path = '']) => ({
      ...(method === undefined ? {} : { method: method.toLowerCase() }),
      path,
    })),
  ];
}

/** The route that a path is of: parameters stand for one segment each; `/…` at the end for any that goes on so. */
function matches(pattern: string, path: string): boolean {
  const exact = path.endsWith('/…') ? `${path.slice(0, -2)}/` : path;
  const parts = (text: string) => text.split('/').map((part) => (part.startsWith('{') ? '{}' : part));
  const [wanted, found] = [parts(pattern), parts(exact)];
  const open = path.endsWith('/…');
  if (open ? wanted.length < found.length : wanted.length !== found.length) return false;
  return found.every((part, n) => part === wanted[n] || wanted[n] === '{}' || (open && part === ''));
}

it.each(['api.md', 'integrations.md'])(
  'every route that docs/%s names is there, with the method that it is called with',
  (page) => {
    const all = routes();
    const found = named(page);
    expect(found.length).toBeGreaterThan(3);
    const missing = found.filter(
      ({ method, path }) =>
        !all.some((route) => (method === undefined || route.method === method) && matches(route.path, path)),
    );
    expect(missing).toEqual([]);
  },
);

it('notices a route that is not there', () => {
  expect(matches('/v1/cases/{case}', '/v1/cases/c-0123456789')).toBe(true);
  expect(matches('/v1/cases/{case}/confirm', '/v1/cases/c-0123456789')).toBe(false);
  expect(matches('/v1/cases/{case}/confirm', '/v1/cases/{case}/…')).toBe(true);
  expect(matches('/v1/cases', '/v1/case')).toBe(false);
});
