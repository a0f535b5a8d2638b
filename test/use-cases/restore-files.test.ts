import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Deps } from '../../src/deps.ts';
import type { Case } from '../../src/domain/case.ts';
import { BlockedError, ConflictError, InvalidError, NotFoundError, UnavailableError } from '../../src/domain/errors.ts';
import { cases, openRestores } from '../../src/records.ts';
import { listLiveSnapshots } from '../../src/use-cases/list-snapshots.ts';
import { restoreFiles } from '../../src/use-cases/restore-files.ts';
import { firstDay, simulatedHome, type TestHome } from '../cli/tenure.ts';
import { describeTree, differences } from '../e2e/tree.ts';
import { openedHome } from './opened-home.ts';

const actor = { kind: 'operator' as const, id: 'tester' };

/** A home with one copy of these files. */
async function backedUp(files: Record<string, string>): Promise<TestHome> {
  const home = await simulatedHome((made) => {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(made.folder('data'), name, '..'), { recursive: true });
      writeFileSync(join(made.folder('data'), name), content);
    }
    return made.folder('data');
  });
  await home.ends(0, 'run', 'backup');
  return home;
}

/** Dependencies whose restore fails at the n-th file; counts the files that are written. */
function failingAt(deps: Deps, n: number): { deps: Deps; files: () => number } {
  let files = 0;
  const restoreFolder: Deps['restoreFolder'] = async (dir, options) => {
    const folder = await deps.restoreFolder(dir, options);
    return {
      ...folder,
      open: async (how) => {
        const target = await folder.open(how);
        return {
          ...target,
          file: async (key, size) => {
            if (++files === n) throw new UnavailableError('the disk is full');
            return await target.file(key, size);
          },
        };
      },
    };
  };
  return { deps: { ...deps, restoreFolder }, files: () => files };
}

describe('an interrupted restore', () => {
  it('goes on where it was when the same is asked again, and leaves no trace of itself', async () => {
    // A part has 16,384 entries at most: the first one is done when the 16,900th file is written.
    const names = Array.from({ length: 17_000 }, (_, i) => [`d${i % 40}/file-${i}.txt`, `content ${i}`]);
    const home = await backedUp(Object.fromEntries(names));
    const { deps } = await openedHome(home);
    const to = join(home.beside, 'out');
    const failing = failingAt(deps, 16_900);
    await expect(restoreFiles.typed(failing.deps, { snapshot: 'latest', to, actor })).rejects.toThrow(
      'the disk is full',
    );
    const [open] = await openRestores.list(deps.table, 'RESTORES');
    expect(open?.value.part).toBeGreaterThanOrEqual(0);

    const counting = failingAt(deps, -1);
    const outcome = await restoreFiles.typed(counting.deps, { snapshot: 'latest', to, actor });
    expect(outcome).toMatchObject({ resumed: true, damaged: [] });
    expect(counting.files()).toBeLessThan(17_000);
    expect(differences(describeTree(home.folder('data')), describeTree(to))).toEqual([]);
    expect(await openRestores.list(deps.table, 'RESTORES')).toEqual([]);
  });

  it('of another choice, or into another folder of that name, does not go on', async () => {
    const home = await backedUp({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
    const { deps } = await openedHome(home);
    const to = join(home.beside, 'out');
    const failed = restoreFiles.typed(failingAt(deps, 3).deps, { snapshot: 'latest', to, actor });
    await expect(failed).rejects.toThrow(UnavailableError);
    const other = restoreFiles.typed(deps, { snapshot: 'latest', to, include: ['a*'], actor });
    await expect(other).rejects.toThrow(InvalidError);
    await expect(other).rejects.toMatchObject({ hint: expect.stringContaining('was interrupted there') });

    renameSync(to, `${to}.old`);
    mkdirSync(to);
    writeFileSync(join(to, 'mine.txt'), 'somebody else put it there');
    await expect(restoreFiles.typed(deps, { snapshot: 'latest', to, actor })).rejects.toThrow('is not empty');
    expect(readdirSync(to)).toEqual(['mine.txt']);
  });

  it('is left alone while another process restores there', async () => {
    const home = await backedUp({ 'a.txt': 'a', 'b.txt': 'b' });
    const { deps } = await openedHome(home);
    const to = join(home.beside, 'out');
    await expect(restoreFiles.typed(failingAt(deps, 2).deps, { snapshot: 'latest', to, actor })).rejects.toThrow();
    const elsewhere = { ...deps, holder: 'another', holderAlive: () => true };
    await expect(restoreFiles.typed(elsewhere, { snapshot: 'latest', to, actor })).rejects.toThrow(ConflictError);
    const dead = { ...deps, holder: 'another', holderAlive: () => false };
    expect(await restoreFiles.typed(dead, { snapshot: 'latest', to, actor })).toMatchObject({ resumed: true });
  });
});

describe('erasures are replayed', () => {
  const closed = (id: string, scope: Case['scope'], closedAt: string): Case => ({
    ...({
      id,
      tenant: 'acme',
      scope,
      reason: 'customer-request',
      planDigest: '',
      openedBy: { kind: 'customer', id: 'acme' },
      openedAt: firstDay,
      deliveries: [],
      reminders: [],
      invoices: [],
      attempts: 1,
      timeline: [],
    } as unknown as Case),
    ...({ status: 'closed', closedAt, destroyedSince: firstDay } as unknown as Case),
  });

  it('so that paths which a case has erased since the copy was taken stay away, and are told', async () => {
    const home = await backedUp({ 'keep.txt': 'k', 'gone.txt': 'g', 'folder/x': 'x', 'folder/y': 'y' });
    const { deps } = await openedHome(home);
    const scope = { tenant: 'acme', source: 'files', paths: ['gone.txt', 'folder/'] };
    await deps.table.transact([cases.write(closed('c-0000000001', scope, '2026-12-01T00:00:00.000Z'))]);
    const to = join(home.beside, 'out');
    const outcome = await restoreFiles.typed(deps, { snapshot: 'latest', to, actor });
    expect(readdirSync(to)).toEqual(['keep.txt']);
    expect(outcome.erased).toEqual([{ case: 'c-0000000001', objects: 4 }]);
    const chosen = restoreFiles.typed(deps, { snapshot: 'latest', to: `${to}2`, paths: ['gone.txt'], actor });
    await expect(chosen).rejects.toThrow(NotFoundError);
    await expect(chosen).rejects.toThrow('c-0000000001');
  });

  it('but what came into being after the case was closed is new data', async () => {
    const home = await backedUp({ 'gone.txt': 'again' });
    const { deps } = await openedHome(home);
    const scope = { tenant: 'acme', source: 'files', paths: ['gone.txt'] };
    await deps.table.transact([cases.write(closed('c-0000000001', scope, '2026-11-01T00:00:00.000Z'))]);
    const to = join(home.beside, 'out');
    expect(await restoreFiles.typed(deps, { snapshot: 'latest', to, actor })).toMatchObject({ erased: [] });
    expect(readFileSync(join(to, 'gone.txt'), 'utf8')).toBe('again');
  });

  it('and nothing of a source is restored whose erasure has begun', async () => {
    const home = await backedUp({ 'a.txt': 'a' });
    const { deps } = await openedHome(home);
    await deps.table.transact([cases.write(closed('c-0000000001', { tenant: 'acme' }, '2026-12-01T00:00:00.000Z'))]);
    const to = join(home.beside, 'out');
    await expect(restoreFiles.typed(deps, { snapshot: 'latest', to, actor })).rejects.toThrow(BlockedError);
    expect(existsSync(to)).toBe(false);
  });

  it('also when the erasure began while the restore ran: what it covers is removed again', async () => {
    const home = await backedUp({ 'keep.txt': 'k', 'folder/x': 'x' });
    const { deps } = await openedHome(home);
    const scope = { tenant: 'acme', source: 'files', paths: ['folder/'] };
    const begun = {
      ...deps,
      restoreFolder: async (...args: Parameters<Deps['restoreFolder']>) => {
        await deps.table.transact([cases.write(closed('c-0000000001', scope, '2026-12-01T00:00:00.000Z'))]);
        return await deps.restoreFolder(...args);
      },
    };
    const to = join(home.beside, 'out');
    const outcome = await restoreFiles.typed(begun, { snapshot: 'latest', to, actor });
    expect(outcome.erased).toEqual([{ case: 'c-0000000001', objects: 2 }]);
    expect(readdirSync(to)).toEqual(['keep.txt']);
  });
});

describe('the copy that is meant', () => {
  it('is the newest taken until an instant, or until the end of a day of the tenant', async () => {
    const home = await backedUp({ 'a.txt': 'one' });
    await home.ends(0, 'tenant', 'set', 'acme', '--timezone', 'America/Bogota');
    writeFileSync(join(home.folder('data'), 'a.txt'), 'two, and longer');
    // 04:00 UTC of the 24th is still the 23rd in Bogota.
    await home.ends(0, 'run', 'backup', '--now', '2026-11-24T04:00:00Z');
    const { deps } = await openedHome(home);
    const [first, second] = await listLiveSnapshots.typed(deps, {});
    const at = async (time: string, name: string) => {
      const outcome = await restoreFiles.typed(deps, {
        tenant: 'acme',
        source: 'files',
        at: time,
        to: join(home.beside, name),
        actor,
      });
      rmSync(outcome.folder, { recursive: true });
      return outcome.snapshot.id;
    };
    expect(await at('2026-11-23T00:00:00Z', 'a')).toBe(first?.id);
    expect(await at('2026-11-22', 'b')).toBe(first?.id);
    expect(await at('2026-11-23', 'c')).toBe(second?.id);
    expect(await at('2026-11-24T04:00:00Z', 'd')).toBe(second?.id);
    expect(await at('2027-01-01', 'e')).toBe(second?.id);
    await expect(at('2026-11-21', 'f')).rejects.toThrow(NotFoundError);
    await expect(at('yesterday', 'g')).rejects.toThrow(InvalidError);
  });
});
