import { expect, it } from 'vitest';
import { sealLedger } from '../../src/use-cases/seal-ledger.ts';
import { memoryHome } from '../workflows/memory-home.ts';

/** A home whose evidence store notes what it is asked to lock. */
async function lockingHome(evidenceLocks: boolean) {
  const home = await memoryHome({ now: '2026-03-02T10:00:00.000Z' });
  const locked = new Map<string, string>();
  const process = home.process({
    change: (deps) => ({
      evidence: {
        ...deps.evidence,
        list: (prefix, options) => deps.evidence.list(prefix, options),
        extendLock: async (key, until) => void locked.set(key, until),
      },
      settings: { ...deps.settings, evidenceLocks },
    }),
  });
  home.plan('unattended', (plan) => ({ ...plan, evidenceYears: 7 }));
  home.plan('standard', (plan) => ({ ...plan, evidenceYears: 3 }));
  await home.tenant('acme');
  return { home, locked, process };
}

it('the ledger is locked for as long as the strictest plan wants evidence', async () => {
  const { locked, process } = await lockingHome(true);
  await sealLedger.typed(process.deps, {});
  expect([...locked.keys()].some((key) => key.startsWith('ledger/seals/'))).toBe(true);
  expect(new Set(locked.values())).toEqual(new Set(['2033-03-02T10:00:00.000Z']));
});

it('a store that cannot lock is not asked to', async () => {
  const { locked, process } = await lockingHome(false);
  await sealLedger.typed(process.deps, {});
  expect(locked.size).toBe(0);
});
