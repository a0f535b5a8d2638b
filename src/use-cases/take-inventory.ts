import { createHash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { type InventoryWriter, inventoryWriter } from '../documents/inventory.ts';
import type { Case } from '../domain/case.ts';
import type { ErasureItem } from '../domain/erasure.ts';
import { ConflictError, NotFoundError } from '../domain/errors.ts';
import type { SourceDriver, SourceEntry } from '../ports/source-driver.ts';
import { erasureItems, ordinal as ordinalOf, sources } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { useCase } from '../use-case.ts';
import { sealEvidence } from './append-ledger.ts';
import { caseOfRun } from './erasure-state.ts';
import { type CopiedObject, copiesOf, type Unlisted } from './inventory-copies.ts';
import { itemInput } from './run-items.ts';

/** Lines are sealed and stored in pieces of about this many characters. */
const pieceLength = 4 * 1024 * 1024;

/**
 * Lists what is about to be erased of one source, before anything is touched: every live object with its SHA-256, and
 * every object that only copies still hold. Once the first step has begun, later attempts use the list as it is: the data are
 * half gone by then. While an erasure waits before it, the data may change: then the list is made anew.
 */
export const takeInventory = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const value = await caseOfRun(deps, run);
  const stored = await erasureItems.read(deps.table, value.id, ordinalOf(ordinal));
  if (stored === undefined) throw new NotFoundError(`the erasure of ${value.id} has no item ${ordinal}`);
  const item = stored.value;
  if (item.stage !== 'planned' && !(item.stage === 'inventoried' && item.touchedAt === undefined))
    return { outcome: 'inventoried' as const };
  const source = (await sources.read(deps.table, item.tenant, item.source))?.value;
  if (source === undefined) throw new NotFoundError(`source ${item.tenant}/${item.source} is gone`);
  const prefix = `cases/${value.id}/inventory/${item.source}/${deps.random(8).toString('hex')}`;
  const pieces = new SealedPieces(deps, item.tenant, prefix);
  const writer = inventoryWriter();
  const live = await liveEntries(deps.sourceDriver(source));
  const chosen = chosenBy(value);
  let liveObjects = 0;
  let liveBytes = 0;
  const unlisted: Unlisted = { objects: 0 };
  for await (const { live: entry, copy } of mergeByKey(
    live.entries(),
    await copiesOf(deps, item.tenant, item.source, unlisted),
  )) {
    const key = entry?.key ?? copy?.key ?? Buffer.alloc(0);
    if (key.length === 0 || !chosen(key)) continue;
    const object = await describe(entry, copy, live.driver);
    if (entry !== undefined) {
      liveObjects++;
      liveBytes += entry.size;
    }
    await pieces.add(writer, { path: key, ...object, salt: deps.random(16) });
  }
  await pieces.end();
  const snapshots = await listSnapshots(deps, { tenant: item.tenant, source: item.source, status: 'live' });
  const { inventoryRoot: _former, unlisted: _unlisted, ...known } = item;
  const taken: ErasureItem = {
    ...known,
    stage: 'inventoried',
    objects: liveObjects,
    bytes: liveBytes,
    listed: writer.objects,
    snapshots: snapshots.length,
    inventory: prefix,
    ...(unlisted.objects === 0 ? {} : { unlisted: unlisted.objects }),
    ...(writer.objects === 0 ? {} : { inventoryRoot: writer.root() }),
  };
  if (await isFirst(deps, taken, stored.version)) await forgetOthers(deps, taken, prefix);
  return { outcome: 'inventoried' as const };
});

/** Records the inventory, unless another attempt has done so meanwhile: then that one counts. */
async function isFirst(deps: Deps, taken: ErasureItem, version: number): Promise<boolean> {
  try {
    await deps.table.transact([erasureItems.write(taken, version)]);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

/** Removes what earlier and half-done attempts have listed of the source. */
async function forgetOthers(deps: Deps, { caseId, source }: ErasureItem, prefix: string): Promise<void> {
  const others: string[] = [];
  for await (const { key } of deps.evidence.list(`cases/${caseId}/inventory/${source}/`))
    if (!key.startsWith(`${prefix}/`)) others.push(key);
  if (others.length > 0) await deps.evidence.purge(others);
}

/** Which keys of a source a case is about. */
export function chosenBy(value: Case): (key: Buffer) => boolean {
  const paths = value.scope.paths?.map((path) => Buffer.from(path));
  if (paths === undefined) return () => true;
  return (key) =>
    paths.some((path) => path.equals(key) || (path.at(-1) === 0x2f && key.subarray(0, path.length).equals(path)));
}

/** A source that is gone has no live objects; its copies are listed all the same. */
async function liveEntries(
  driver: SourceDriver,
): Promise<{ driver: SourceDriver; entries(): AsyncGenerator<SourceEntry> }> {
  return {
    driver,
    async *entries() {
      try {
        for await (const batch of driver.scan()) yield* batch.entries;
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    },
  };
}

async function* mergeByKey(
  live: AsyncGenerator<SourceEntry>,
  copies: AsyncGenerator<CopiedObject>,
): AsyncGenerator<{ live?: SourceEntry; copy?: CopiedObject }> {
  let a = await live.next();
  let b = await copies.next();
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : Buffer.compare(a.value.key, b.value.key);
    yield { ...(order <= 0 && !a.done ? { live: a.value } : {}), ...(order >= 0 && !b.done ? { copy: b.value } : {}) };
    if (order <= 0) a = await live.next();
    if (order >= 0) b = await copies.next();
  }
}

async function describe(
  entry: SourceEntry | undefined,
  copy: CopiedObject | undefined,
  driver: SourceDriver,
): Promise<{ size: number; sha256?: string }> {
  if (entry === undefined)
    return { size: copy?.size ?? 0, ...(copy?.sha256 === undefined ? {} : { sha256: copy.sha256 }) };
  if (entry.type !== 'file') return { size: 0 };
  const sha256 = await hashFile(entry, driver);
  return { size: entry.size, ...(sha256 === undefined ? {} : { sha256 }) };
}

/** SHA-256 of a live file; `undefined` where it cannot be read, which the inventory then leaves out. */
async function hashFile(entry: SourceEntry, driver: SourceDriver): Promise<string | undefined> {
  try {
    const opened = await driver.open(entry);
    try {
      const digest = createHash('sha256');
      const buffer = Buffer.allocUnsafe(1024 * 1024);
      for (let position = 0; ; ) {
        const read = await opened.read(buffer, position);
        if (read === 0) return digest.digest('hex');
        digest.update(buffer.subarray(0, read));
        position += read;
      }
    } finally {
      await opened.close();
    }
  } catch {
    return undefined;
  }
}

/** Collects lines and stores them sealed, piece by piece. */
class SealedPieces {
  private lines: string[] = [];
  private length = 0;
  private count = 0;
  private readonly deps: Deps;
  private readonly tenant: string;
  private readonly prefix: string;

  constructor(deps: Deps, tenant: string, prefix: string) {
    this.deps = deps;
    this.tenant = tenant;
    this.prefix = prefix;
  }

  async add(writer: InventoryWriter, object: Parameters<InventoryWriter['add']>[0]): Promise<void> {
    const line = writer.add(object);
    this.lines.push(line);
    this.length += line.length;
    if (this.length >= pieceLength) await this.end();
  }

  async end(): Promise<void> {
    if (this.lines.length === 0) return;
    const key = `${this.prefix}/${String(this.count++).padStart(6, '0')}.jsonl.sealed`;
    await this.deps.evidence.put(
      key,
      await sealEvidence(this.deps, this.tenant, key, Buffer.from(this.lines.join(''))),
    );
    this.lines = [];
    this.length = 0;
  }
}
