import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeRefusals } from '../../src/api/refusals.ts';
import type { Deps } from '../../src/deps.ts';
import { UnavailableError } from '../../src/domain/errors.ts';
import { ledgerEntries } from '../../src/records.ts';
import { actorMark } from '../../src/use-cases/actor-mark.ts';
import { answerLeakedKey } from '../../src/use-cases/answer-leaked-key.ts';
import { createApiKey, revokeApiKey, rotateApiKey } from '../../src/use-cases/api-keys.ts';
import { acknowledgeAlert, closeAlert } from '../../src/use-cases/change-alert.ts';
import { exportEvidence } from '../../src/use-cases/export-evidence.ts';
import { issueToken } from '../../src/use-cases/issue-token.ts';
import { setCertificate } from '../../src/use-cases/opendsr-certificate.ts';
import { reviewAccess } from '../../src/use-cases/review-access.ts';
import { resumeDestruction, stopDestruction } from '../../src/use-cases/set-operator-stop.ts';
import { createWebhook, removeWebhook, rotateWebhook } from '../../src/use-cases/webhooks.ts';
import { memoryHome } from '../workflows/memory-home.ts';

const olga = { kind: 'operator', id: 'olga@keeper.example' } as const;
const oscar = { kind: 'operator', id: 'oscar@keeper.example' } as const;

async function systemChain({ table }: Pick<Deps, 'table'>) {
  return (await ledgerEntries.list(table, 'LEDGER#system')).map(({ value }) => value);
}

/** Everything by which a person puts an entry into the system's chain. */
async function actAs(deps: Deps, actor: typeof olga | typeof oscar): Promise<void> {
  await stopDestruction.typed(deps, { reason: 'wait', actor });
  await resumeDestruction.typed(deps, { actor });
  const webhook = { url: 'https://example.com/hook', types: ['case.*' as const], actor };
  const { id } = await createWebhook.typed(deps, webhook);
  await rotateWebhook.typed(deps, { id, actor });
  await removeWebhook.typed(deps, { id, actor });
  const key = { name: 'sync', owner: actor.id, scopes: ['operator' as const], actor };
  const made = await createApiKey.typed(deps, key);
  const next = await rotateApiKey.typed(deps, { id: made.id, actor });
  const leaked = await answerLeakedKey.typed(deps, { id: next.id, actor });
  await revokeApiKey.typed(deps, { id: leaked.successor, actor });
  await acknowledgeAlert.typed(deps, { alert: leaked.alert, actor });
  await closeAlert.typed(deps, { alert: leaked.alert, cause: 'looked', actor });
  await issueToken.typed(deps, { subject: 'eve', scopes: ['auditor'], actor });
  await setCertificate.typed(deps, { domain: 'dsr.keeper.example', actor });
  for await (const _ of exportEvidence(deps, actor));
}

test('every entry of the system’s chain that a person causes tells persons apart, without a name and for nobody to guess', async () => {
  const home = await memoryHome();
  const { deps } = home.process();
  await actAs(deps, olga);
  const first = await systemChain(deps);
  expect(new Set(first.map(({ type }) => type)).size).toBeGreaterThanOrEqual(13);
  const [mark = ''] = first.map(({ actor }) => actor);
  expect(mark).toMatch(/^operator:[0-9a-f]{20}$/);
  expect(first.map(({ type, actor }) => [type, actor])).toEqual(first.map(({ type }) => [type, mark]));
  expect(mark).not.toContain(hash('sha256', olga.id, 'hex').slice(0, 20));
  // Another process, another person.
  const again = home.process().deps;
  await stopDestruction.typed(again, { reason: 'wait', actor: olga });
  await stopDestruction.typed(again, { reason: 'wait', actor: oscar });
  const [byOlga, byOscar] = (await systemChain(deps)).slice(-2).map(({ actor }) => actor);
  expect([byOlga, byOscar === mark]).toEqual([mark, false]);
  expect(JSON.stringify(await systemChain(deps))).not.toMatch(/olga|oscar/);
  const [line] = await reviewAccess.typed(deps, {});
  expect(line).toMatchObject({ who: olga.id, mark: mark.replace('operator:', '') });
  await home.expectLedgerWhole();
});

test('two processes that mark for the first time agree on the key; another home has another', async () => {
  const home = await memoryHome();
  const marks = await Promise.all([1, 2, 3].map(async () => await actorMark(home.process().deps, olga)));
  expect(new Set(marks).size).toBe(1);
  expect(await actorMark((await memoryHome()).process().deps, olga)).not.toBe(marks[0]);
});

test('a customer’s caller is marked under the tenant’s evidence key, and by nobody once that is destroyed', async () => {
  const home = await memoryHome();
  const { deps } = home.process();
  await home.tenant('acme');
  const caller = {
    ...{ id: 'ann@acme.example', via: 'token', credential: 't', scopes: new Set(['tenant:self']), mfa: false },
    tenant: 'acme',
  } as const;
  const refusals = makeRefusals();
  const refusal = { why: 'scope', actor: { kind: 'caller', ...caller }, origin: [] } as const;
  await refusals.record(deps, { ...refusal, origin: [] });
  const mark = await actorMark(deps, caller);
  expect((await systemChain(deps)).at(-1)?.actor).toBe(`caller:${mark}`);
  expect(mark).not.toBe(await actorMark(deps, { id: caller.id }));
  await deps.keys.destroy(['evidence/acme']);
  expect(await actorMark(deps, caller)).toBeUndefined();
  await refusals.record(deps, { ...refusal, origin: [] });
  expect((await systemChain(deps)).at(-1)?.actor).toBe('caller');
});

test('a stop does not wait for keys that do not answer', async () => {
  const home = await memoryHome();
  const { deps } = home.process();
  const away = () => Promise.reject(new UnavailableError('the keys do not answer'));
  await stopDestruction.typed({ ...deps, keys: { ...deps.keys, open: away } }, { reason: 'wait', actor: olga });
  expect((await systemChain(deps)).at(-1)).toMatchObject({ type: 'operator-stop', actor: 'operator' });
});
