import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definitionOf } from '../../src/adapters/embedded/asl-definitions.ts';
import type { Machine } from '../../src/ports/workflows.ts';
import { memoryHome } from '../workflows/memory-home.ts';
import { broken, type Disturbance, held, looping, loopsOf } from './disturbances.ts';
import { besideMoto, onEmbedded, onMoto, processOptions } from './runtimes.ts';
import {
  audit,
  backup,
  daily,
  dueErasure,
  erasure,
  expiry,
  largeBackup,
  reminder,
  restoredOn,
  restoreTest,
  type Story,
} from './stories.ts';

const definitions = join(import.meta.dirname, '../../state-machines');

/** The life in which each machine does its work. */
const lives: Record<Exclude<Machine, 'take-out'>, Story> = {
  backup,
  'restore-test': restoreTest,
  expiry,
  'obsolescence-audit': audit,
  notice: reminder,
  erasure,
};
const machines = Object.keys(lives) as (keyof typeof lives)[];

/** Lives a story here and on moto, and expects that it ends the same. */
async function same(story: Story, disturbance: () => Disturbance = () => ({})): Promise<object> {
  const here = await story(async (home) => await onEmbedded(home, disturbance()));
  const there = await story(async (home) => await onMoto(home, disturbance()));
  expect(there).toEqual(here);
  return there;
}

describe('on moto, the strictest judge of ASL,', () => {
  test.each(machines)('%s ends as it does on one machine', async (machine) => {
    await same(lives[machine]);
  });

  test.each(machines)('%s ends the same in legs as small as can be', async (machine) => {
    await same(lives[machine], () => ({ hurried: true }));
  });

  test.each(machines)('%s goes round every loop that it comes to', async (machine) => {
    const told = new Set<string>();
    // A small source is copied where it is planned, and its shards would never be come to.
    const life = machine === 'backup' ? largeBackup : lives[machine];
    await same(life, () => ({ ...looping(machine, definitions, told), hurried: true }));
    const loops = loopsOf(definitionOf(machine, definitions));
    expect(told.size > 0).toBe(loops.size > 0);
  });

  test.each([
    { story: backup, name: 'SelectSources', ends: { status: 'failed' } },
    { story: backup, name: 'PrepareSource', ends: { status: 'succeeded', outcome: 'failed' } },
    { story: largeBackup, name: 'BackUpShard', ends: { status: 'succeeded', outcome: 'failed' } },
    { story: expiry, name: 'DeleteCopyObjects', ends: { status: 'succeeded', outcome: 'failed' } },
    { story: audit, name: 'AuditTenant', ends: { status: 'succeeded', outcome: 'failed' } },
    { story: reminder, name: 'SendDueNotices', ends: { status: 'succeeded', outcome: 'failed' } },
  ])('a run in which $name is out of order ends $ends.status, as on one machine', async ({ story, name, ends }) => {
    expect(await same(story, () => ({ ...broken(name), hurried: true }))).toMatchObject({ ended: ends });
  });

  test('a restore test whose comparison is out of order fails as on one machine', async () => {
    expect(await same(restoreTest, () => broken('CompareRestored'))).toMatchObject({ outcome: 'failed' });
  });

  test('a step that fails once is tried again', async () => {
    expect(await same(largeBackup, () => ({ ...broken('BackUpShard', 1), hurried: true }))).toMatchObject({
      ended: { outcome: 'ok' },
    });
  });

  test('an erasure that cannot delete, and one that a hold stops at its gate, destroy no key and issue no certificate', async () => {
    for (const disturbance of [() => broken('DeleteLive'), held]) {
      const told = await same(dueErasure, disturbance);
      expect(told).not.toMatchObject({ status: 'closed' });
      expect(told).toMatchObject({ mails: expect.not.arrayContaining(['deletion-report']) });
    }
  });

  test.each([false, true])(
    'take-out restores as on one machine, also in legs as small as can be (%s)',
    async (hurried) => {
      const here = await restoredOn(async (home) => ({ process: home.process(processOptions({ hurried })) }));
      const there = await restoredOn(async (home) => await besideMoto(home, { hurried }));
      expect(there).toEqual(here);
      expect(here).toMatchObject({ status: 'done', objects: 3 });
    },
  );

  test.each([...(['backup', 'restore-test', 'expiry', 'audit', 'notice'] as const)])(
    'a run of %s with an empty worklist has nothing to do',
    async (kind) => {
      const told = await same(async (on) => {
        const home = await memoryHome({ now: daily.scheduledAt });
        return await (await on(home))(kind, { scheduledAt: daily.scheduledAt });
      });
      expect(told).toMatchObject({ status: 'succeeded', outcome: 'nothing-to-do' });
    },
  );
});
