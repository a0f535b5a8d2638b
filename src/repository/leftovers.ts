import { createHash } from 'node:crypto';
import type { KeyRef } from '../ports/key-store.ts';
import type { Survivor } from '../ports/object-store.ts';
import { readChain, readOpen, readRecord, readRecords, type SourceScope } from './chain.ts';
import {
  type CondemnedRecord,
  chainPartition,
  type LeftoverRecord,
  type LegRecord,
  legPrefix,
  prefixes,
  putRecord,
  type RemainderRecord,
  type RetiredRecord,
  rowKeys,
} from './chain-rows.ts';
import { intentPrefix, objectKinds, parseObjectKey } from './object-names.ts';
import type { Repository } from './repository.ts';

/** For so long after an intent was closed its prefixes are looked at again: a process that hung may still be writing. */
const leftoverMs = 7 * 24 * 3_600_000;
/** After a look that found nothing the next one waits this long: a process that hung is rare, and a look costs listings. */
const nextLookMs = 3_600_000;
/** Objects per purge. */
export const purgePage = 500;
/** Rows per transaction. */
const rowsPage = 100;

/** What was cleared. */
export interface Cleared {
  objects: number;
  keys: number;
  survivors: Survivor[];
  /** It was told to stop: there is more. */
  stopped?: boolean;
}

/**
 * The record that a closed intent leaves; `keep` are the attempts whose objects became part of the repository, besides those of
 * so many `legs`, whose rows name them (a large backup has more than fit in one record).
 */
export function leftoverOf(repo: Repository, intent: string, keep: string[], legs = 0): LeftoverRecord {
  return { intent, keep, until: repo.clock.wall() + leftoverMs, ...(legs > 0 && { legs }) };
}

/**
 * Clears what closed intents left behind, lists their prefixes again (after a look that found nothing, an hour later) until 7
 * days after they were closed,
 * and tries survivors of earlier purges again. Touches nothing that a snapshot or an open intent uses. Repeatable.
 *
 * @param goOn asked after each page of objects; once it answers false the rest stays for another call
 */
export async function clearLeftovers(
  repo: Repository,
  tenant: string,
  source: string,
  goOn?: () => boolean,
): Promise<Cleared> {
  const scope = { tenant, source };
  const cleared: Cleared = { objects: 0, keys: 0, survivors: [] };
  for (const { record } of await readRecords<LeftoverRecord>(repo.table, scope, prefixes.leftover)) {
    const wall = repo.clock.wall();
    if (record.nextAt !== undefined && wall < record.nextAt && wall <= record.until) continue;
    const found = await clearLeftover(repo, scope, record.intent, goOn);
    add(cleared, found);
    if (found.stopped === true) return { ...cleared, stopped: true };
    if (wall > record.until) await forgetIntent(repo, scope, record.intent);
    else if (found.objects === 0 && found.keys === 0 && found.survivors.length === 0) {
      const key = rowKeys.leftover(tenant, source, record.intent);
      await repo.table.transact([putRecord(key, { ...record, nextAt: wall + nextLookMs })]);
    }
  }
  await clearAbandonedLists(repo, scope);
  cleared.survivors.push(...(await retryRemainder(repo, scope)));
  return cleared;
}

/** Clears what one closed intent left behind. */
export async function clearLeftover(
  repo: Repository,
  scope: SourceScope,
  intent: string,
  goOn: () => boolean = () => true,
): Promise<Cleared> {
  const stored = await readRecord<LeftoverRecord>(repo.table, rowKeys.leftover(scope.tenant, scope.source, intent));
  const keep = stored && (await keptAttempts(repo, scope, stored.record));
  if (!keep) return { objects: 0, keys: 0, survivors: [] };
  const cleared: Cleared = { objects: 0, keys: await clearKeys(repo, scope, intent), survivors: [] };
  for (const kind of objectKinds) {
    const page: string[] = [];
    for await (const { key } of repo.objects.list(intentPrefix(scope, kind, intent))) {
      const attempt = parseObjectKey(key)?.attempt;
      // Intermediate results of a closed intent are never needed again, whichever attempt they belong to.
      if (kind !== 'work' && (attempt === undefined || keep.has(attempt))) continue;
      page.push(key);
      if (page.length < purgePage) continue;
      add(cleared, await purge(repo, scope, page.splice(0)));
      if (!goOn()) return { ...cleared, stopped: true };
    }
    add(cleared, await purge(repo, scope, page));
  }
  return cleared;
}

/** Attempts that must stay; `undefined` when some are not known, since their rows are being removed with the intent. */
async function keptAttempts(
  repo: Repository,
  scope: SourceScope,
  { intent, keep, legs = 0 }: LeftoverRecord,
): Promise<Set<string> | undefined> {
  if (legs === 0) return new Set(keep);
  const rows = await readRecords<LegRecord>(repo.table, scope, legPrefix(intent));
  return rows.length < legs ? undefined : new Set([...keep, ...rows.map(({ record }) => record.attempt)]);
}

/** Purges objects and records survivors, which later runs try again. */
export async function purge(repo: Repository, scope: SourceScope, keys: readonly string[]): Promise<Cleared> {
  if (keys.length === 0) return { objects: 0, keys: 0, survivors: [] };
  const survivors = await repo.objects.purge(keys);
  for (const { key, reason, until } of survivors) {
    const record: RemainderRecord = { object: key, reason, ...(until !== undefined && { until }) };
    await repo.table.transact([putRecord(remainderKey(scope, key), record)]);
  }
  return { objects: keys.length - survivors.length, keys: 0, survivors };
}

/** Destroys the root and work keys of a closed intent that no snapshot uses. */
async function clearKeys(repo: Repository, scope: SourceScope, intent: string): Promise<number> {
  const { tenant, source } = scope;
  // Keys are listed before the chain is read: a key that is used by then is seen in use.
  const found: KeyRef[] = [];
  for (const kind of ['root', 'work']) found.push(...(await repo.keys.list(`${kind}/${tenant}/${source}/${intent}-`)));
  if (found.length === 0) return 0;
  const chain = await readChain(repo, tenant, source);
  if (chain.head?.record.openIntent === intent) return 0;
  const used = new Set(chain.snapshots.map(({ record }) => record.root.key));
  const unused = found.filter((ref) => !used.has(ref));
  if (unused.length > 0) await repo.keys.destroy(unused);
  return unused.length;
}

/** Removes worklists that nobody will follow: of a lister that was too late, of an erasure that died before its swing. */
async function clearAbandonedLists(repo: Repository, scope: SourceScope): Promise<void> {
  const { tenant, source } = scope;
  const rows = await repo.table.query(chainPartition(tenant, source), { prefix: prefixes.work });
  if (rows.length === 0) return;
  // Lists are read before their owners: an owner that is done by then needs its list no more.
  const { head } = await readOpen(repo, scope);
  const owners = new Set([head?.record.openIntent]);
  for (const { record } of await readRecords<RetiredRecord>(repo.table, scope, prefixes.retired))
    owners.add(record.intent);
  for (const { record } of await readRecords<CondemnedRecord>(repo.table, scope, prefixes.condemned)) {
    owners.add(rowKeys.condemned(tenant, source, record.seq).sk.slice(prefixes.condemned.length));
  }
  for (const { pk, sk } of rows) {
    const owner = /^work#(?:erased-)?([0-9a-f]+)-/.exec(sk)?.[1];
    if (!owners.has(owner)) await repo.table.transact([{ delete: { pk, sk } }]);
  }
}

async function retryRemainder(repo: Repository, scope: SourceScope): Promise<Survivor[]> {
  const records = await readRecords<RemainderRecord>(repo.table, scope, prefixes.remainder);
  const keys = records.map(({ record }) => record.object);
  if (keys.length === 0) return [];
  const survivors = await repo.objects.purge(keys);
  const left = new Set(survivors.map(({ key }) => key));
  for (const key of keys) {
    if (!left.has(key)) await repo.table.transact([{ delete: remainderKey(scope, key) }]);
  }
  return survivors;
}

async function forgetIntent(repo: Repository, { tenant, source }: SourceScope, intent: string): Promise<void> {
  const stored = await readRecord<{ run: string }>(repo.table, rowKeys.intent(tenant, source, intent));
  const runKey = stored && rowKeys.run(tenant, source, stored.record.run);
  const pointer = runKey && (await readRecord<{ intent: string }>(repo.table, runKey));
  // The rows of legs go first: once one is missing nothing of the intent is cleared any more, so none of them is missed.
  const legs = await repo.table.query(chainPartition(tenant, source), { prefix: legPrefix(intent) });
  for (let at = 0; at < legs.length; at += rowsPage) {
    const page = legs.slice(at, at + rowsPage);
    await repo.table.transact(page.map(({ pk, sk }) => ({ delete: { pk, sk } })));
  }
  await repo.table.transact([
    { delete: rowKeys.leftover(tenant, source, intent) },
    { delete: rowKeys.round(tenant, source, intent) },
    { delete: rowKeys.plan(tenant, source, intent) },
    { delete: rowKeys.intent(tenant, source, intent) },
    // A later intent of the same run may have taken the pointer over.
    ...(runKey && pointer?.record.intent === intent ? [{ delete: runKey, when: pointer.version }] : []),
  ]);
}

function remainderKey({ tenant, source }: SourceScope, object: string) {
  return rowKeys.remainder(tenant, source, createHash('sha256').update(object).digest('hex').slice(0, 40));
}

function add(total: Cleared, more: Cleared): void {
  total.objects += more.objects;
  total.keys += more.keys;
  total.survivors.push(...more.survivors);
}
