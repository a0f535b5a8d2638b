import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Json } from '../../src/ports/table.ts';
import { alerts } from '../../src/records.ts';
import { listChains, listSnapshots } from '../../src/repository/chain.ts';
import { checkRepository } from '../../src/repository/check.ts';
import { clearLeftovers } from '../../src/repository/leftovers.ts';
import { objectsOf, readRoot } from '../../src/repository/read-root.ts';
import { restoreSnapshot } from '../../src/repository/restore.ts';
import { memoryTarget } from '../repository/memory-source.ts';
import type { Around, MemoryHome } from './memory-home.ts';

/** Path → content of every file below a folder. */
export function filesOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[path.slice(folder.length + 1)] = readFileSync(path, 'utf8');
  }
  return found;
}

/** Path → content of every file that a copy restores. */
export async function restoredFiles(home: MemoryHome, snapshot: Snapshot): Promise<Record<string, string>> {
  const target = memoryTarget();
  const { damaged } = await restoreSnapshot(home, snapshot, target);
  expect(damaged).toEqual([]);
  const found: Record<string, string> = {};
  for (const [key, described] of target.restored) {
    const [kind, content = ''] = described.split('|');
    if (kind === 'file') found[key] = Buffer.from(content, 'base64').toString('utf8');
  }
  return found;
}

/** Live copies of a source, oldest first. */
export async function copiesOf(home: MemoryHome, tenant: string, source: string): Promise<Snapshot[]> {
  return await listSnapshots(home, { tenant, source });
}

/** Clears leftovers; then nothing is stored but what live copies list, and no key of a copy but theirs. */
export async function expectTidy(home: MemoryHome): Promise<void> {
  const objects = new Set<string>();
  const keys: string[] = [];
  for (const { tenant, source } of await listChains(home)) {
    await clearLeftovers(home, tenant, source);
    for (const snapshot of await copiesOf(home, tenant, source)) {
      for (const object of [...objectsOf(await readRoot(home, snapshot)), ...snapshot.root.objects])
        objects.add(object);
      keys.push(snapshot.root.key);
    }
  }
  expect([...home.objects.objects.keys()].sort()).toEqual([...objects].sort());
  expect([...home.keys.keys.keys()].filter((ref) => /^(root|work)\//.test(ref)).sort()).toEqual(keys.sort());
  expect((await checkRepository(home, { readData: 'all' })).problems).toEqual([]);
}

/** Alerts that are open, as `kind subject`. */
export async function openAlerts(home: Pick<MemoryHome, 'table'>): Promise<string[]> {
  const all = await alerts.list(home.table, 'ALERTS');
  return all
    .map(({ value }) => value)
    .filter(({ status }) => status === 'open')
    .map(({ kind, subject }) => `${kind} ${subject}`)
    .sort();
}

/** Ids of the mails that went out, each once however often it was sent. */
export function mailIds(home: MemoryHome, prefix = ''): string[] {
  return home.mailer.sent.map(({ id }) => id).filter((id) => id.startsWith(prefix));
}

/** Every step happens twice; the second answer counts, as after a lost reply. */
export const twice: Around = async (_name, _event, call) => {
  await call();
  return await call();
};

/** Every step is done by two at the same time, as when one that was taken for dead still works. */
export const twins: Around = async (_name, _event, call) => {
  const [first, second] = await Promise.allSettled([call(), call()]);
  if (first.status === 'fulfilled') return first.value;
  if (second.status === 'fulfilled') return second.value;
  throw first.reason;
};

/** Dies when a function has done its work for the n-th time (from 1), before its answer arrives. */
export function dieAfter(functionName: string, nth = 1): Around {
  let seen = 0;
  return async (name, _event, call, process) => {
    const answer = await call();
    if (name === functionName && ++seen === nth) process.kill();
    return answer;
  };
}

/** A function fails with this error the first `times` times that it is called. */
export function failing(functionName: string, makeError: () => Error, times = Number.POSITIVE_INFINITY): Around {
  let failed = 0;
  return async (name, _event, call) => {
    if (name === functionName && failed < times) {
      failed++;
      throw makeError();
    }
    return await call();
  };
}

/** Numbers from 1 to `last`, thinned out to about `count`; all of them where the environment has EVERY_MOMENT. */
export function sample(last: number, count: number): number[] {
  if (process.env.EVERY_MOMENT !== undefined) return Array.from({ length: last }, (_, i) => i + 1);
  const step = Math.max(1, last / count);
  return [
    ...new Set(Array.from({ length: Math.ceil(last / step) }, (_, i) => Math.min(last, Math.round(1 + i * step)))),
  ];
}

/** The item that a step is about. */
export function itemOfEvent(event: Json): number {
  return Number((event as { item?: number }).item);
}
