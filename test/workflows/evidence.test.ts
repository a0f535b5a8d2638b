import { describe, expect, it } from 'vitest';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { runControls } from '../../src/use-cases/run-controls.ts';
import { showControls } from '../../src/use-cases/show-controls.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { memoryHome } from './memory-home.ts';

/** A home in which the tenant `acme` was erased in 2026. */
async function afterErasure() {
  const home = await memoryHome({ now: '2026-03-02T10:00:00.000Z' });
  const process = home.process();
  await home.tenant('acme');
  await home.source('acme', 'files', { 'a.txt': 'a' });
  await process.run('backup');
  await takeFinanceEvent.typed(process.deps, { tenant: 'acme', type: 'unpaid', actor: { kind: 'finance', id: 'f' } });
  await process.run('notice');
  home.clock.moveTo('2026-04-03T10:00:00.000Z');
  await process.run('notice');
  return { home, process };
}

it('reports of the controls name no source of an erased tenant any more, and keep everybody else', async () => {
  const home = await memoryHome({ now: '2026-03-02T10:00:00.000Z' });
  const process = home.process();
  for (const id of ['acme', 'other']) {
    await home.tenant(id);
    await home.source(id, 'files', { 'a.txt': id });
  }
  await process.run('backup');
  await runControls.typed(process.deps, {});
  const actor = { kind: 'finance' as const, id: 'f' };
  await takeFinanceEvent.typed(process.deps, { tenant: 'acme', type: 'unpaid', actor });
  await process.run('notice');
  home.clock.moveTo('2026-04-03T10:00:00.000Z');
  await process.run('notice');
  const report = await showControls.typed(process.deps, {});
  const subjects = new Set(report.results.map((result) => result.subject));
  expect([...subjects].sort()).toEqual(['(erased)', 'home', 'other/files']);
});

describe('the evidence key of an erased tenant', () => {
  it('stays for the years of the plan, and is destroyed after them; the ledger verifies all the same', async () => {
    const { home, process } = await afterErasure();
    home.clock.moveTo('2036-04-02T10:00:00.000Z');
    await process.run('expiry');
    expect(await home.keys.list('evidence/acme')).toEqual(['evidence/acme']);
    home.clock.moveTo('2036-04-04T10:00:00.000Z');
    await process.run('expiry');
    expect(await home.keys.list('evidence/acme')).toEqual([]);
    await home.expectLedgerWhole();
    await process.run('expiry');
    await home.expectLedgerWhole();
  });

  it('stays while a hold covers the tenant', async () => {
    const { home, process } = await afterErasure();
    await placeHold.typed(process.deps, { tenant: 'acme', reason: 'lawsuit', actor: { kind: 'operator', id: 'o' } });
    home.clock.moveTo('2037-01-01T10:00:00.000Z');
    await process.run('expiry');
    expect(await home.keys.list('evidence/acme')).toEqual(['evidence/acme']);
  });
});
