import type { Deps } from '../deps.ts';
import { type InventoryState, inventoryWriter } from '../documents/inventory.ts';
import type { Case } from '../domain/case.ts';
import type { ErasureItem } from '../domain/erasure.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { SourceDriver, SourceEntry } from '../ports/source-driver.ts';
import { sources } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { useCase } from '../use-case.ts';
import { caseOfRun, erasureItemOf, saveErasureItem, stopErasureItem } from './erasure-state.ts';
import { type CopiedObject, type CopiesPosition, copiesOf } from './inventory-copies.ts';
import { forgetOtherPieces, SealedPieces } from './inventory-pieces.ts';
import { legState, type Pace, paceOf } from './legs.ts';
import { hashFile } from './live-hash.ts';
import { itemInput } from './run-items.ts';
import { chosenBy } from './scope-choice.ts';

/** What the legs so far have listed. */
interface Listed {
  /** Where the pieces lie, which legs wrote them, and how many there are. */
  prefix: string;
  legs: string[];
  pieces: number;
  writer: InventoryState;
  liveObjects: number;
  liveBytes: number;
  copies: CopiesPosition;
  /** Key (base64url) up to which everything is listed. */
  after: string;
}

/**
 * Lists what is about to be erased of one source, before anything is touched: every live object with its SHA-256, and every
 * object that only copies still hold; in as many legs as it takes. Once the first step has begun, later attempts use the list as
 * it is: the data are half gone by then. While an erasure waits before it, the data may change: then the list is made anew.
 */
export const takeInventory = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const value = await caseOfRun(deps, run);
  const item = await erasureItemOf(deps, value.id, ordinal);
  if (item.stage !== 'planned' && !(item.stage === 'inventoried' && item.touchedAt === undefined))
    return { outcome: 'inventoried' as const };
  const source = (await sources.read(deps.table, item.tenant, item.source))?.value;
  if (source === undefined) throw new NotFoundError(`source ${item.tenant}/${item.source} is gone`);
  const before = legState<Listed>(item.leg, 'inventory', run);
  const pace = paceOf(deps);
  const listed = await listLeg(deps, { value, item, driver: deps.sourceDriver(source) }, before, pace);
  if (pace.stopped) return await stopErasureItem(deps, item, { step: 'inventory', run, state: listed });
  const snapshots = await listSnapshots(deps, { tenant: item.tenant, source: item.source, status: 'live' });
  const writer = inventoryWriter(listed.writer);
  const { unlisted } = listed.copies;
  const taken = await saveErasureItem(deps, item, {
    stage: 'inventoried',
    objects: listed.liveObjects,
    bytes: listed.liveBytes,
    listed: writer.objects,
    snapshots: snapshots.length,
    inventory: listed.prefix,
    inventoryLegs: listed.legs,
    unlisted: unlisted === 0 ? undefined : unlisted,
    inventoryRoot: writer.objects === 0 ? undefined : writer.root(),
    leg: undefined,
  });
  // Another attempt may have recorded its list meanwhile: then that one counts.
  if (taken.inventory === listed.prefix) await forgetOtherPieces(deps, taken);
  const isRecorded = taken.inventory === listed.prefix || (taken.stage !== 'planned' && taken.leg === undefined);
  return { outcome: isRecorded ? ('inventoried' as const) : ('more' as const) };
});

/** Lists from where an earlier leg has stopped until the end, or until there is no more time. */
async function listLeg(
  deps: Deps,
  { value, item, driver }: { value: Case; item: ErasureItem; driver: SourceDriver },
  before: Listed | undefined,
  pace: Pace,
): Promise<Listed> {
  const { tenant, source } = item;
  const prefix = before?.prefix ?? `cases/${value.id}/inventory/${source}/${deps.random(8).toString('hex')}`;
  const leg = deps.random(4).toString('hex');
  const writer = inventoryWriter(before?.writer);
  const pieces = new SealedPieces(deps, tenant, { prefix, leg, count: before?.pieces ?? 0 });
  const from = before === undefined ? undefined : Buffer.from(before.after, 'base64url');
  const copies = await copiesOf(deps, tenant, source, before && from && { ...before.copies, after: from });
  const chosen = chosenBy(value);
  let { liveObjects = 0, liveBytes = 0 } = before ?? {};
  let after: Buffer = from ?? Buffer.alloc(0);
  let position = copies.position();
  let isFirst = true;
  for await (const { live, copy } of mergeByKey(liveEntries(driver, from), copies.objects)) {
    const key = live?.key ?? copy?.key ?? Buffer.alloc(0);
    if (key.length > 0 && chosen(key)) {
      const object = await describe(live, copy, async (file) => await hashFile(file, driver, pace, isFirst));
      // There was no time for its content: the next leg begins with it.
      if (object === undefined) break;
      if (live !== undefined) {
        liveObjects++;
        liveBytes += live.size;
      }
      await pieces.add(writer.add({ path: key, ...object, salt: deps.random(16) }));
    }
    isFirst = false;
    after = key;
    position = copies.position();
    if (!pace.goOn()) break;
  }
  await pieces.end();
  return {
    ...{ prefix, legs: [...(before?.legs ?? []), leg], pieces: pieces.count, writer: writer.state() },
    ...{ liveObjects, liveBytes, copies: position, after: after.toString('base64url') },
  };
}

/** A source that is gone has no live objects; its copies are listed all the same. */
async function* liveEntries(driver: SourceDriver, after: Buffer | undefined): AsyncGenerator<SourceEntry> {
  try {
    for await (const batch of driver.scan(after === undefined ? {} : { after })) yield* batch.entries;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

async function* mergeByKey(
  live: AsyncGenerator<SourceEntry>,
  copies: AsyncGenerator<CopiedObject>,
): AsyncGenerator<{ live?: SourceEntry; copy?: CopiedObject }> {
  try {
    let a = await live.next();
    let b = await copies.next();
    while (!a.done || !b.done) {
      const order = a.done ? 1 : b.done ? -1 : Buffer.compare(a.value.key, b.value.key);
      yield {
        ...(order <= 0 && !a.done ? { live: a.value } : {}),
        ...(order >= 0 && !b.done ? { copy: b.value } : {}),
      };
      if (order <= 0) a = await live.next();
      if (order >= 0) b = await copies.next();
    }
  } finally {
    await live.return(undefined);
    await copies.return(undefined);
  }
}

async function describe(
  live: SourceEntry | undefined,
  copy: CopiedObject | undefined,
  hash: (file: SourceEntry) => Promise<string | 'no-time' | undefined>,
): Promise<{ size: number; sha256?: string } | undefined> {
  if (live !== undefined && live.type !== 'file') return { size: 0 };
  const sha256 = live === undefined ? copy?.sha256 : await hash(live);
  if (sha256 === 'no-time') return undefined;
  return { size: live?.size ?? copy?.size ?? 0, ...(sha256 === undefined ? {} : { sha256 }) };
}
