import { expect, it } from 'vitest';
import { openCase } from '../../src/use-cases/open-case.ts';
import { stopDestruction } from '../../src/use-cases/set-operator-stop.ts';
import { openedApi } from './fixture.ts';

it('who opened a case, and who stopped everything, is for operators and auditors; customers and finance read no names', async () => {
  const api = await openedApi();
  const { deps } = api.process;
  const actor = { kind: 'operator', id: 'olga.operator' } as const;
  await api.home.tenant('acme', { plan: 'standard' });
  const { id } = await openCase.typed(deps, { tenant: 'acme', reason: 'obsolete', actor });
  await api.process.run('notice');
  await stopDestruction.typed(deps, { reason: 'stocktaking', actor });
  const as = async (...asked: Parameters<typeof api.token>) =>
    (await api.call(await api.token(...asked), 'GET', `/v1/cases/${id}`)).body;
  for (const body of [await as('tenant:self', { tenant: 'acme' }), await as('finance')]) {
    const codes = body.obstacles.map(({ code }: { code: string }) => code);
    expect(codes).toEqual(expect.arrayContaining(['operator-stop', 'approval-missing']));
    expect(JSON.stringify(body)).not.toContain('olga');
  }
  for (const body of [await as('operator'), await as('auditor')]) {
    expect(body).toMatchObject({ openedBy: actor, authority: { by: actor.id } });
    expect(JSON.stringify(body.obstacles)).not.toContain('olga');
  }
});
