import { describe, expect, it } from 'vitest';
import { addDays } from '../../src/domain/calendar.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { ConflictError } from '../../src/domain/errors.ts';
import { chainEntry, type LedgerEntry } from '../../src/domain/ledger.ts';
import {
  certificates,
  holds,
  ledgerEntries,
  sources,
  stripeCustomers,
  systemStates,
  tenants,
} from '../../src/records.ts';
import { addTenant } from '../../src/use-cases/add-tenant.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { readCertificate } from '../../src/use-cases/read-certificate.ts';
import { releaseHold } from '../../src/use-cases/release-hold.ts';
import { setTenant } from '../../src/use-cases/set-tenant.ts';
import { verifyLedger } from '../../src/use-cases/verify-ledger.ts';
import { copiesOf } from '../workflows/checks.ts';
import { sweepOf, unpaidLife } from '../workflows/erasure-life.ts';
import { type MemoryHome, memoryHome, operator } from '../workflows/memory-home.ts';
import { type FollowingHome, firstDay, recovered, sealNextDay } from './recovered-home.ts';

/** `acme` with a source and a copy; holds and cases of every fate; sealed on the next day. */
async function lived() {
  const home = await memoryHome({ now: firstDay });
  await home.tenant('acme');
  await home.tenant('empty');
  await home.source('acme', 'files');
  await home.source('empty', 'files');
  const process = home.process();
  await process.run('backup', { tenant: 'acme' });
  const { deps } = process;
  const hold = async (tenant: string, reason: string) =>
    await placeHold.typed(deps, { tenant, reason, actor: operator });
  const kept = await hold('acme', 'lawsuit');
  const over = await hold('acme', 'settled');
  await releaseHold.typed(deps, { hold: over.id, reason: 'it is over', actor: operator });
  const ofEmpty = await hold('empty', 'audit');
  const open = await openCase.typed(deps, { tenant: 'acme', reason: 'obsolete', actor: operator });
  const cancelled = await openCase.typed(deps, { tenant: 'empty', reason: 'obsolete', actor: operator });
  await changeCase.typed(deps, { case: cancelled.id, change: { type: 'cancel' }, actor: operator });
  await setTenant.typed(deps, { id: 'empty', stripeCustomer: 'cus_A', actor: operator });
  await setTenant.typed(deps, { id: 'empty', stripeCustomer: null, actor: operator });
  await setTenant.typed(deps, { id: 'acme', locale: 'de', stripeCustomer: 'cus_A', actor: operator });
  await sealNextDay(home);
  return { home, kept, over, ofEmpty, open, cancelled };
}

const problemsOf = async (home: MemoryHome) => (await verifyLedger.typed(home.process().deps, {})).problems;

/** Entries of a type in a chain. */
async function entriesOf(home: MemoryHome, chain: string, type: string) {
  const all = await ledgerEntries.list(home.table, ledgerEntries.key(chain, '').pk);
  return all.map(({ value }) => value).filter((entry) => entry.type === type);
}

/** The only segment of a tenant's chain. */
async function segmentOf(home: MemoryHome, tenant: string): Promise<[key: string, lines: string[]]> {
  const chain = (await tenants.read(home.table, tenant))?.value.ledgerId ?? '';
  const [key = ''] = [...home.evidence.objects.keys()].filter((name) => name.startsWith(`ledger/segments/${chain}/`));
  return [key, (home.evidence.objects.get(key) ?? Buffer.alloc(0)).toString('utf8').split('\n').slice(0, -1)];
}

describe('a home that is recovered with its evidence', () => {
  it('goes on with every chain, and says in each how far it was read back', async () => {
    const { home: lost } = await lived();
    const acme = (await tenants.read(lost.table, 'acme'))?.value;
    const { home, deps, found } = await recovered(lost, lost.clock.now());
    expect(found).toMatchObject({ tenants: ['acme', 'empty'], snapshots: 1, unknown: [], problems: [], withheld: [] });
    expect(found.ledger?.chains.map(({ tenant }) => tenant).sort()).toEqual(['acme', 'empty']);
    const chain = found.ledger?.chains.find(({ tenant }) => tenant === 'acme');
    const [entry] = await entriesOf(home, acme?.ledgerId ?? '', 'recovered');
    expect(entry).toMatchObject({
      seq: (chain?.entries ?? 0) + 1,
      subjects: [`entries:${chain?.entries}`, `sealed-to:${chain?.sealedTo}`],
    });
    expect(chain?.sealedTo).toBe(chain?.entries);
    expect(await problemsOf(home)).toEqual([]);
    await home.process().run('backup', { tenant: 'acme' });
    await sealNextDay(home);
    expect(await problemsOf(home)).toEqual([]);
    // And once more: what the first recovery wrote is read back too.
    const again = await recovered(home, home.clock.now());
    expect(again.found.problems).toEqual([]);
    expect(await problemsOf(again.home)).toEqual([]);
    expect(await entriesOf(again.home, acme?.ledgerId ?? '', 'recovered')).toHaveLength(2);
    expect(await systemStates.read(deps.table, 'quarantine')).toBeDefined();
  });

  it('has its holds again, released ones as released, and names the cases that it lost', async () => {
    const { home: lost, kept, over, ofEmpty, open } = await lived();
    const { deps, found } = await recovered(lost, lost.clock.now());
    expect(found.holds.sort()).toEqual([kept.id, ofEmpty.id].sort());
    expect((await holds.read(deps.table, kept.id))?.value).toEqual(kept);
    expect((await holds.read(deps.table, over.id))?.value).toMatchObject({ releaseReason: 'it is over' });
    expect(found.lostCases).toEqual([{ id: open.id, tenant: 'acme', status: 'opened', openedAt: firstDay }]);
  });

  it('knows tenants and sources without a copy, and what was changed since the newest one', async () => {
    const { home: lost } = await lived();
    const { deps, found } = await recovered(lost, lost.clock.now());
    expect(found.sources).toEqual(['acme/files', 'empty/files']);
    expect((await tenants.read(deps.table, 'acme'))?.value.locale).toBe('de');
    expect((await tenants.read(deps.table, 'empty'))?.value).not.toHaveProperty('stripeCustomer');
    expect((await stripeCustomers.read(deps.table, 'cus_A'))?.value.tenant).toBe('acme');
    expect((await sources.read(deps.table, 'empty', 'files'))?.value).toMatchObject({ status: 'active' });
  });

  it('lacks what was written after the last seal', async () => {
    const { home: lost, kept } = await lived();
    const { deps: old } = lost.process();
    const late = await placeHold.typed(old, { tenant: 'acme', reason: 'too late', actor: operator });
    const { home, found } = await recovered(lost, lost.clock.now());
    expect(found.holds).toContain(kept.id);
    expect(found.holds).not.toContain(late.id);
    expect(await problemsOf(home)).toEqual([]);
  });

  it('reads a segment back that a killed sealing has left, but lifts no hold for what nobody can read there', async () => {
    const { home: lost, kept } = await lived();
    const { deps: old } = lost.process();
    const late = await placeHold.typed(old, { tenant: 'acme', reason: 'after the seal', actor: operator });
    await releaseHold.typed(old, { hold: kept.id, reason: 'after the seal', actor: operator });
    await sealNextDay(lost);
    const seals = [...lost.evidence.objects.keys()].filter((key) => key.startsWith('ledger/seals/'));
    lost.evidence.objects.delete(seals.at(-1) ?? '');
    const { home, found } = await recovered(lost, lost.clock.now());
    expect(found.holds).toContain(late.id);
    expect(found.holds).not.toContain(kept.id);
    expect(await problemsOf(home)).toEqual([]);

    lost.keys.keys.delete('evidence/acme');
    const blind = await recovered(lost, lost.clock.now());
    expect(blind.found.holds).toEqual(expect.arrayContaining([kept.id, late.id]));
    expect((await holds.read(blind.deps.table, kept.id))?.value).toMatchObject({ scope: { tenant: 'acme' } });
  });
});

/** The same entry by somebody else, continuing the one before. */
function forged(line: string): string {
  const { hash: _, version: __, seq, prev, ...body } = JSON.parse(line) as LedgerEntry;
  return canonicalJson(chainEntry({ chain: body.chain, seq: seq - 1, hash: prev }, { ...body, actor: 'nobody' }));
}

describe('damaged evidence', () => {
  /** Damages the second entry of `acme` and recovers. */
  async function damaged(damage: (lines: string[]) => string[]) {
    const { home: lost, ...rest } = await lived();
    const [key, lines] = await segmentOf(lost, 'acme');
    lost.evidence.objects.set(
      key,
      Buffer.from(
        damage(lines)
          .map((line) => `${line}\n`)
          .join(''),
      ),
    );
    return { lost, key, lines, ...rest, ...(await recovered(lost, lost.clock.now())) };
  }

  it.each<[string, (lines: string[]) => string[]]>([
    ['altered', (lines) => lines.map((line, i) => (i === 2 ? line.replace('"actor":"', '"actor":"x') : line))],
    ['forged, with a hash that fits', (lines) => lines.map((line, i) => (i === 2 ? forged(line) : line))],
    ['made unreadable', (lines) => lines.map((line, i) => (i === 2 ? '{' : line))],
    ['taken out', (lines) => lines.filter((_, i) => i !== 2)],
  ])('an entry that was %s ends its chain before it, and the chain goes on from there', async (_, damage) => {
    const { home, deps, found, key, lines, kept, over, open } = await damaged(damage);
    const chain = key.split('/')[2] ?? '';
    const told = found.ledger?.chains.find((one) => one.chain === chain);
    expect(told).toMatchObject({ entries: 2, sealedTo: 0, lost: { from: 3, to: lines.length } });
    expect(found.problems.join()).toContain(chain);
    expect(found.problems.join()).toContain(`entries 3 to ${lines.length} are sealed, and damaged or missing`);
    expect((await systemStates.read(deps.table, 'quarantine'))?.value.reason).toContain(chain);
    expect((await entriesOf(home, chain, 'recovered')).map(({ seq }) => seq)).toEqual([3]);
    // Entries behind the damage are proven by the seal: what protects data is taken from them, and what is lost is known.
    expect(found.holds).toContain(kept.id);
    expect((await holds.read(deps.table, over.id))?.value.releasedAt).toBeDefined();
    expect(found.lostCases.map(({ id }) => id)).toEqual([open.id]);
    // The other chains are whole, and this one is sealed from there on: the damage is told, nothing more.
    await home.process().run('backup', { tenant: 'acme' });
    await sealNextDay(home);
    expect(new Set((await problemsOf(home)).map((problem) => problem.chain))).toEqual(new Set([chain]));
    const again = await recovered(home, home.clock.now());
    const after = again.found.ledger?.chains.find((one) => one.chain === chain);
    expect(after?.lost).toBeUndefined();
    expect(after?.entries).toBeGreaterThan(3);
  });

  it('a hold comes back from an entry that was altered, as long as its own seal opens', async () => {
    const altering = (from: string | RegExp, to: string) => (lines: string[]) =>
      lines.map((line, i) => (i === 3 ? line.replace(from, to) : line));
    const { found, kept } = await damaged(altering('"actor":"', '"actor":"x'));
    expect(found.holds).toContain(kept.id);
    const other = await damaged(altering(/"sealed":"..../, '"sealed":"AAAA'));
    expect(other.found.holds).not.toContain(other.kept.id);
    expect(other.found.problems).not.toEqual([]);
  });

  it('a new segment that would have the name of the altered one gets another', async () => {
    const { home, key, lines } = await damaged((all) => all.map((line, i) => (i === 2 ? '{' : line)));
    const before = home.evidence.objects.get(key);
    const { deps } = home.process();
    // As many entries as the altered segment has, from one on.
    for (let i = 3; i < lines.length; i++)
      await placeHold.typed(deps, { tenant: 'acme', reason: 'again', actor: operator });
    await sealNextDay(home);
    expect(home.evidence.objects.get(key)).toEqual(before);
    const again = await recovered(home, home.clock.now());
    const chain = again.found.ledger?.chains.find((one) => one.tenant === 'acme');
    expect(chain).toMatchObject({ entries: lines.length, sealedTo: lines.length });
  });

  it('a missing segment is told as entries that are missing, and takes no tenant along that copies know', async () => {
    const { home: lost } = await lived();
    const [key] = await segmentOf(lost, 'acme');
    lost.evidence.objects.delete(key);
    const { found } = await recovered(lost, lost.clock.now());
    expect(found.problems.join()).toMatch(/entries 1 to \d+ are sealed/);
    expect(found.tenants).toEqual(['acme', 'empty']);
  });

  it('a seal that was altered seals nothing, and is told', async () => {
    const { home: lost, kept } = await lived();
    const [seal = ''] = [...lost.evidence.objects.keys()].filter((key) => key.startsWith('ledger/seals/'));
    const text = lost.evidence.objects.get(seal)?.toString('utf8') ?? '';
    lost.evidence.objects.set(seal, Buffer.from(text.replace(/"seq":\d+/, '"seq":1')));
    const { deps, found } = await recovered(lost, lost.clock.now());
    expect(found.problems.join()).toContain(seal);
    expect(found.holds).toContain(kept.id);
    expect((await systemStates.read(deps.table, 'quarantine'))?.value.reason).toContain(seal);
  });
});

describe('what was erased', () => {
  /** A tenant that was erased, and everything that somebody had put aside before. */
  async function erasedLife(): Promise<{ lost: FollowingHome; keys: Map<string, Buffer>; caseId: string }> {
    const life = await unpaidLife();
    const keys = new Map(life.keys.keys);
    const objects = new Map(life.objects.objects);
    await life.process().run('notice', sweepOf(life));
    expect((await tenants.read(life.table, 'acme'))?.value.status).toBe('erased');
    for (const [key, bytes] of objects) life.objects.objects.set(key, bytes);
    return { lost: life as unknown as FollowingHome, keys, caseId: life.caseId };
  }

  it('does not come back from stray objects, and its certificate and id are known again', async () => {
    const { lost, caseId } = await erasedLife();
    await sealNextDay(lost);
    const { deps, found, home } = await recovered(lost, lost.clock.now());
    expect(found).toMatchObject({ tenants: ['other'], certificates: 1, withheld: [], lostCases: [], problems: [] });
    expect((await tenants.read(deps.table, 'acme'))?.value).toMatchObject({
      status: 'erased',
      name: '(erased)',
      contacts: [],
    });
    expect((await certificates.read(deps.table, caseId))?.value).toEqual(
      (await certificates.read(lost.table, caseId))?.value,
    );
    expect((await readCertificate.typed(deps, { case: caseId, format: 'pdf' })).file.subarray(0, 5).toString()).toBe(
      '%PDF-',
    );
    await expect(
      addTenant.typed(deps, {
        id: 'acme',
        name: 'Acme',
        contacts: [{ name: 'A', email: 'a@a.example' }],
        actor: operator,
      }),
    ).rejects.toThrow(ConflictError);
    expect(await problemsOf(home)).toEqual([]);
  });

  it.each([
    ['a ledger that says so', true],
    ['a certificate, where the ledger ends before the case was closed', false],
  ])('does not come back with keys from before, against %s', async (_, sealed) => {
    const { lost, keys, caseId } = await erasedLife();
    if (sealed) await sealNextDay(lost);
    for (const [ref, key] of keys) lost.keys.keys.set(ref, key);
    const { home, deps, found } = await recovered(lost, lost.clock.now());
    expect(found.tenants).toEqual(['other']);
    expect(found.withheld.map((copy) => [copy.tenant, copy.case])).toEqual(Array(4).fill(['acme', caseId]));
    expect(await copiesOf(home, 'acme', 'files')).toEqual([]);
    expect((await sources.all(deps.table)).map(({ value }) => value.tenant)).toEqual(['other']);
  });
});

it('without evidence a ledger begins, and every chain of it is whole', async () => {
  const { home: lost } = await lived();
  lost.evidence.objects.clear();
  const { home, found } = await recovered(lost, addDays(firstDay, 3));
  expect(found).toMatchObject({ tenants: ['acme'], unknown: ['empty'], holds: [], certificates: 0 });
  expect(await problemsOf(home)).toEqual([]);
});
