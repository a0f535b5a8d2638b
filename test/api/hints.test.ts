import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AccessScope } from '../../src/api/caller.ts';
import { hintFor } from '../../src/api/hints.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { openedApi } from './fixture.ts';

const operator = { scopes: new Set<AccessScope>(['operator']) };
const customer = { scopes: new Set<AccessScope>(['tenant:self']) };

it.each([
  ['Wait for it.', 'Wait for it.'],
  ['`tenure tenant list` shows all tenants.', undefined],
  ['Add --source NAME.', undefined],
  ['Enter the code from the mail: `tenure case confirm c-0123456789 CODE`.', 'Enter the code from the mail.'],
  ['Paths are relative to the source. `tenure ls latest` shows what there is.', 'Paths are relative to the source.'],
  ['Leave out --tenant and --source, or look at `tenure snapshots`.', undefined],
])('of the hint "%s" a customer is told "%s", an operator all', (hint, told) => {
  expect(hintFor(customer, hint)).toBe(told);
  expect(hintFor(undefined, hint)).toBe(told);
  expect(hintFor(operator, hint)).toBe(hint);
});

it('no hint of the program, wherever it is written, leaves a command for those who have none', () => {
  const src = join(import.meta.dirname, '../../src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const hints = files.flatMap((name) =>
    [...readFileSync(join(src, name), 'utf8').matchAll(/\bhint(?:: | = )(['`])((?:\\.|(?!\1).)*)\1/g)].map(
      ([, , text = '']) => text.replaceAll('\\`', '`'),
    ),
  );
  expect(hints.filter((hint) => hint.includes('`tenure ')).length).toBeGreaterThan(40);
  for (const hint of hints) expect(hintFor(customer, hint) ?? '').not.toMatch(/tenure [a-z]|--[a-z]/);
});

describe('over HTTP', () => {
  const asking = async (scope: AccessScope) => {
    const api = await openedApi();
    await api.home.tenant('acme');
    await api.home.source('acme', 'files');
    await api.home.source('acme', 'more');
    const token = await api.token(scope, scope === 'tenant:self' ? { tenant: 'acme' } : {});
    return {
      ...api,
      ask: async (method: string, path: string, body?: unknown) => await api.call(token, method, path, body),
    };
  };

  it('a customer, and a finance system, read no command lines', async () => {
    const { ask, process } = await asking('tenant:self');
    const paths = { tenant: 'acme', reason: 'customer-request', paths: ['a.txt'] };
    const refused = await ask('POST', '/v1/cases', paths);
    expect([refused.status, refused.body.hint]).toEqual([400, undefined]);
    const actor = { kind: 'customer', id: 'ann' } as const;
    const { id } = await openCase.typed(process.deps, { tenant: 'acme', reason: 'customer-request', actor });
    const { body } = await ask('GET', `/v1/cases/${id}`);
    expect(body.obstacles.map(({ hint }: { hint?: string }) => hint)).toContain('Enter the code from the mail.');
    expect(JSON.stringify(body)).not.toContain('tenure case');
    const finance = await asking('finance');
    const unknown = await finance.ask('POST', '/v1/finance/events', { tenant: 'none', type: 'unpaid' });
    expect([unknown.status, unknown.body.hint]).toEqual([404, undefined]);
  });

  it('an operator does', async () => {
    const { ask } = await asking('operator');
    const unknown = await ask('POST', '/v1/finance/events', { tenant: 'none', type: 'unpaid' });
    expect([unknown.status, unknown.body.hint]).toEqual([404, '`tenure tenant list` shows all tenants.']);
  });
});
