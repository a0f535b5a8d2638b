import { describe, expect, it as test } from 'vitest';
import type { ManagedBackup } from '../../src/ports/managed-backup.ts';

/** A service with a resource that can be backed up. */
export interface OpenedManagedBackup {
  managed: ManagedBackup;
  /** ARN of something that exists and has no recovery points. */
  resource: string;
}

/** Days after which points of the suite go by themselves. */
const deleteAfterDays = 34;

/**
 * What every `ManagedBackup` must do. `open` gives one whose resource has no recovery points.
 *
 * @param options `skip`: titles that an emulator cannot pass, with its gap in words
 */
export function describeManagedBackup(
  name: string,
  open: () => Promise<OpenedManagedBackup>,
  { skip = {} }: { skip?: Record<string, string> } = {},
): void {
  const it = (title: string, run: () => Promise<void>) => {
    const gap = skip[title];
    if (gap === undefined) test(title, run);
    else test.skip(`${title} (${gap})`, run);
  };

  describe(`${name} keeps the contract of ManagedBackup`, () => {
    it('refuses what is no resource', async () => {
      const { managed, resource } = await open();
      await managed.verify(resource);
      await expect(managed.verify('my database')).rejects.toMatchObject({ code: 'invalid' });
    });

    it('names its vault', async () => {
      const { managed } = await open();
      expect(await managed.vault()).toMatchObject({ name: expect.stringMatching(/./), locked: false });
    });

    it('answers absence as the port says', async () => {
      const { managed, resource } = await open();
      expect(await managed.list(resource)).toEqual({ points: [], elsewhere: [], running: [] });
      await expect(managed.describe('00000000-0000-0000-0000-000000000000')).rejects.toMatchObject({
        code: 'not-found',
      });
    });

    it('knows no restore test that nobody has started', async () => {
      const { managed } = await open();
      expect(await managed.restoreTest('tenure_unknown')).toMatchObject({ status: 'failed' });
      expect(await managed.endRestoreTest('tenure_unknown')).toEqual({ outcome: 'clean' });
    });

    it('starts one backup for one name', async () => {
      const { managed, resource } = await open();
      const first = await managed.start({ resource, name: 'one', deleteAfterDays });
      expect(await managed.start({ resource, name: 'one', deleteAfterDays })).toEqual(first);
      expect((await managed.start({ resource, name: 'two', deleteAfterDays })).jobId).not.toBe(first.jobId);
    });

    it('lists a point until it is deleted, with the time at which it goes by itself', async () => {
      const { managed, resource } = await open();
      const point = await backedUp(managed, resource);
      expect(point).toMatchObject({ resource, status: 'completed', continuous: false });
      const kept = Date.parse(point.deleteAt ?? '') - Date.parse(point.createdAt);
      expect(Math.round(kept / 86_400_000)).toBe(deleteAfterDays);
      const { points, elsewhere, running } = await managed.list(resource);
      expect(points.map(({ arn }) => arn)).toEqual([point.arn]);
      expect([elsewhere, running]).toEqual([[], []]);
      await expect.poll(async () => (await managed.delete(point.arn)).outcome).toBe('gone');
      expect((await managed.list(resource)).points).toEqual([]);
    });

    it('a point that is not there is gone, as often as one asks', async () => {
      const { managed, resource } = await open();
      const { arn } = await backedUp(managed, resource);
      await expect.poll(async () => (await managed.delete(arn)).outcome).toBe('gone');
      expect(await managed.delete(arn)).toMatchObject({ outcome: 'gone' });
    });

    it('restores for a test, takes the verdict and cleans up', async () => {
      const { managed, resource } = await open();
      const { arn } = await backedUp(managed, resource);
      const asked = { name: 'tenure_test1', recoveryPoint: arn, pick: 'newest' as const, withinDays: 35 };
      expect(await managed.startRestoreTest(asked)).toEqual({ outcome: 'started' });
      expect(await managed.startRestoreTest(asked)).toEqual({ outcome: 'started' });
      await expect.poll(async () => (await managed.restoreTest(asked.name)).status).toBe('restored');
      const { jobId = '', recoveryPoint } = await managed.restoreTest(asked.name);
      expect(recoveryPoint).toBe(arn);
      await managed.validateRestore(jobId, { ok: true, message: 'looks well' });
      await managed.validateRestore(jobId, { ok: true, message: 'looks well' });
      await expect.poll(async () => (await managed.endRestoreTest(asked.name)).outcome).toBe('clean');
    });
  });
}

/** Backs the resource up and waits for the point. */
async function backedUp(managed: ManagedBackup, resource: string) {
  const { jobId } = await managed.start({ resource, name: 'backup', deleteAfterDays });
  await expect.poll(async () => (await managed.describe(jobId)).status).toBe('completed');
  const { recoveryPoint } = await managed.describe(jobId);
  return recoveryPoint ?? expect.fail('no point');
}
