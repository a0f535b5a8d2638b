import { createHash } from 'node:crypto';
import type { SourceDriver, SourceEntry } from '../ports/source-driver.ts';
import { getSnapshot } from '../repository/chain.ts';
import type { Entry } from '../repository/model.ts';
import { openSnapshot } from '../repository/read-snapshot.ts';
import { useCase } from '../use-case.ts';
import { planOf } from './plan-of.ts';
import { scratchName } from './restore-into-scratch.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/** One object that is not what the manifest says. */
export interface Difference {
  key: string;
  reason: string;
}

/** As many as a report shows; all are counted. */
const shownDifferences = 100;

/**
 * Compares what was restored with the snapshot's manifest, object by object: names, types, attributes, content by SHA-256.
 * Then runs the plan's validator on the restored folder.
 */
export const compareRestored = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant } = await subjectOf(deps, item);
  const { plan } = await planOf(deps, tenant);
  const name = scratchName(run, ordinal);
  const snapshot = await openSnapshot(deps, await getSnapshot(deps, item.subject ?? ''));
  const differences: Difference[] = [];
  let count = 0;
  for await (const difference of compare(snapshot.entries(), deps.scratch.reader(name))) {
    count++;
    if (differences.length < shownDifferences) differences.push(difference);
  }
  const validator = plan.restoreTests.validator;
  const validation =
    validator === undefined
      ? undefined
      : await deps.runCommand(validator, {
          cwd: deps.scratch.path(name),
          env: { TENURE_RESTORED: deps.scratch.path(name) },
        });
  await saveItem(deps, item, {
    facts: {
      compared: true,
      differences,
      differenceCount: count,
      ...(validation === undefined ? {} : { validator: { ok: validation.ok, output: validation.output.slice(-500) } }),
    },
  });
  return { outcome: count === 0 ? ('same' as const) : ('different' as const) };
});

/** Walks both sides in key order. */
export async function* compare(wanted: AsyncIterable<Entry[]>, restored: SourceDriver): AsyncGenerator<Difference> {
  const buffer = new Piece();
  const found = flatten(restored.scan());
  let next = await found.next();
  for await (const batch of wanted) {
    for (const entry of batch) {
      while (!next.done && Buffer.compare(next.value.key, entry.key) < 0) {
        yield { key: text(next.value.key), reason: 'is not in the snapshot' };
        next = await found.next();
      }
      if (next.done || !next.value.key.equals(entry.key)) {
        yield { key: text(entry.key), reason: 'is missing' };
        continue;
      }
      const reason = await difference(entry, next.value, restored, buffer);
      if (reason !== undefined) yield { key: text(entry.key), reason };
      next = await found.next();
    }
  }
  for (; !next.done; next = await found.next()) yield { key: text(next.value.key), reason: 'is not in the snapshot' };
}

async function* flatten(batches: AsyncIterable<{ entries: SourceEntry[] }>): AsyncGenerator<SourceEntry> {
  for await (const batch of batches) yield* batch.entries;
}

async function difference(
  wanted: Entry,
  found: SourceEntry,
  driver: SourceDriver,
  buffer: Piece,
): Promise<string | undefined> {
  if (wanted.type !== found.type) return `is a ${found.type}, not a ${wanted.type}`;
  if (wanted.type === 'symlink') {
    return wanted.linkTarget?.equals(found.linkTarget ?? Buffer.alloc(0)) === false ? 'points elsewhere' : undefined;
  }
  if (wanted.mode !== found.mode) return `has mode ${found.mode.toString(8)}, not ${wanted.mode.toString(8)}`;
  if (wanted.mtimeNs !== found.mtimeNs && !sameMicrosecond(wanted.mtimeNs, found.mtimeNs))
    return 'has another modification time';
  if (wanted.type === 'directory') return undefined;
  if (wanted.size !== found.size) return `has ${found.size} bytes, not ${wanted.size}`;
  return (await contentEquals(wanted, found, driver, buffer)) ? undefined : 'has other content';
}

/** Platforms that cannot set nanoseconds say so in a notice of the restore; a comparison at a microsecond still holds. */
function sameMicrosecond(a: bigint, b: bigint): boolean {
  return a / 1000n === b / 1000n;
}

async function contentEquals(wanted: Entry, found: SourceEntry, driver: SourceDriver, buffer: Piece): Promise<boolean> {
  const opened = await driver.open(found);
  try {
    let position = 0;
    for (const chunk of wanted.chunks) {
      const piece = buffer.of(chunk.length);
      if ((await readFull(opened, piece, position)) < chunk.length) return false;
      if (!createHash('sha256').update(piece).digest().equals(chunk.hash)) return false;
      position += chunk.length;
    }
    return true;
  } finally {
    await opened.close();
  }
}

/** A buffer that grows with the largest chunk (8 MiB at most); each comparison has its own, since several run at once. */
class Piece {
  #buffer = Buffer.allocUnsafeSlow(64 * 1024);

  of(length: number): Buffer {
    if (this.#buffer.length < length) this.#buffer = Buffer.allocUnsafeSlow(length);
    return this.#buffer.subarray(0, length);
  }
}

async function readFull(
  opened: { read(buffer: Buffer, position: number): number | Promise<number> },
  into: Buffer,
  position: number,
): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const read = await opened.read(into.subarray(filled), position + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

function text(key: Buffer): string {
  return key.toString();
}
