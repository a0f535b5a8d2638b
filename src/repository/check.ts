import { CorruptError, NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { listSnapshots } from './chain.ts';
import { type CheckProblem, Findings } from './check-findings.ts';
import { PackChecker, type ReadData } from './check-packs.ts';
import type { PackRef, PartRef } from './model.ts';
import { objectKey } from './object-names.ts';
import { verifyPartMerkle } from './part.ts';
import { openRootCopy, readPart } from './read-root.ts';
import type { Repository } from './repository.ts';
import type { Root } from './root.ts';

export type { CheckProblem } from './check-findings.ts';
export type { ReadData } from './check-packs.ts';

/** What a check looks at. */
export interface CheckOptions {
  tenant?: string;
  source?: string;
  readData: ReadData;
  progress?: (done: { objects: number; bytes: number; of?: number }) => void;
  /** For `{percent}`; default `Math.random`. */
  random?: () => number;
  /** Where an earlier leg of the same check has stopped. Only of a single source. */
  from?: CheckCursor;
  /** Packs that earlier legs have read in full: read again only where a part asks for them. */
  readBefore?: ReadonlySet<string>;
  /** Asked after each entry and each pack, never before the first; once it answers false the check stops. */
  goOn?: () => boolean;
}

/** Where a leg of a check has stopped; JSON. */
export interface CheckCursor {
  /** Id of the part, and how many of its entries are verified; absent: only packs that no part asks for are left. */
  part?: string;
  entries?: number;
}

/** What a check found. */
export interface CheckReport {
  snapshots: number;
  /** Stored objects looked at. */
  objects: number;
  packs: number;
  packsRead: number;
  bytesRead: number;
  /** Ids of the packs that were read in full, for the coverage of restore tests. */
  packIdsRead: string[];
  problems: CheckProblem[];
  /** What was looked at, by source. */
  sources: CheckedSource[];
  /** Present when it was told to stop. */
  stoppedAt?: CheckCursor;
}

/** One source as a check saw it. */
export interface CheckedSource {
  tenant: string;
  source: string;
  /** Ids of all packs that its live snapshots list, and of those that were read in full. */
  packs: string[];
  packsRead: string[];
  /** Ids of all parts that they list, and of those that were verified to their end: all of them, unless the check is done in legs. */
  parts: string[];
  partsRead: string[];
}

/**
 * Verifies what is stored for the live snapshots: both copies of every root, every part with its Merkle root, every pack by
 * length; the packs that are chosen are read in full and verified by SHA-256, and each frame in them is opened and each
 * chunk hashed. Damage is a result, not a fault: each problem names the objects of the source that it hits.
 */
export async function checkRepository(repo: Repository, options: CheckOptions): Promise<CheckReport> {
  const report: CheckReport = {
    snapshots: 0,
    objects: 0,
    packs: 0,
    packsRead: 0,
    bytesRead: 0,
    packIdsRead: [],
    problems: [],
    sources: [],
  };
  const bySource = new Map<string, Snapshot[]>();
  const filter = {
    ...(options.tenant !== undefined && { tenant: options.tenant }),
    ...(options.source !== undefined && { source: options.source }),
  };
  for (const snapshot of await listSnapshots(repo, filter)) {
    const name = `${snapshot.tenant}/${snapshot.source}`;
    bySource.set(name, [...(bySource.get(name) ?? []), snapshot]);
  }
  for (const snapshots of bySource.values()) await checkSource(repo, snapshots, options, report);
  return report;
}

async function checkSource(
  repo: Repository,
  snapshots: readonly Snapshot[],
  options: CheckOptions,
  report: CheckReport,
): Promise<void> {
  const [first] = snapshots;
  if (!first) return;
  const findings = new Findings();
  const packs = new Map<string, PackRef>();
  /** Distinct parts with the snapshots that list them. */
  const parts = new Map<string, { ref: PartRef; snapshots: string[] }>();
  for (const snapshot of snapshots) {
    const root = await checkRoot(repo, snapshot, findings, report);
    if (!root) continue;
    report.snapshots += 1;
    for (const pack of root.packs) packs.set(pack.id, pack);
    for (const ref of root.parts) {
      const known = parts.get(ref.id);
      if (known) known.snapshots.push(snapshot.id);
      else parts.set(ref.id, { ref, snapshots: [snapshot.id] });
    }
  }
  const checker = new PackChecker(repo, first, findings, options);
  await checker.heads([...packs.values()]);
  const { goOn = () => true, from } = options;
  const partsRead: string[] = [];
  let stoppedAt: CheckCursor | undefined;
  let before: Buffer | undefined;
  const left = from === undefined ? [...parts.values()] : partsFrom([...parts.values()], from);
  for (const { ref, snapshots: listing } of left) {
    const object = objectKey(first, 'part', ref.id);
    report.objects += 1;
    let done = ref.id === from?.part ? (from.entries ?? 0) : 0;
    try {
      const entries = await readPart(repo, first, ref);
      if (!verifyPartMerkle(entries, ref))
        throw new CorruptError(`part ${ref.id} does not have the Merkle root that its root states`);
      for (const entry of entries.slice(done)) {
        done += 1;
        if ('erased' in entry) continue;
        before = entry.key;
        await checker.entry(entry, listing);
        if (done < entries.length && !goOn()) {
          stoppedAt = { part: ref.id, entries: done };
          break;
        }
      }
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      const where = before ? ` after "${before.toString()}"` : '';
      findings.add(object, 'part', error.message, listing, `${ref.entries} objects${where}`, ref.entries);
    }
    options.progress?.({ objects: report.objects, bytes: report.bytesRead + checker.bytesRead, of: parts.size });
    if (stoppedAt !== undefined) break;
    partsRead.push(ref.id);
    if (goOn()) continue;
    stoppedAt = { part: ref.id, entries: ref.entries };
    break;
  }
  // Packs that were chosen and hold nothing for these parts any more (all of it replaced) are read for their digest alone.
  if (stoppedAt === undefined && !(await checker.rest(goOn))) stoppedAt = {};
  if (stoppedAt !== undefined) report.stoppedAt = stoppedAt;
  report.objects += packs.size;
  report.packs += packs.size;
  report.packsRead += checker.read.length;
  report.packIdsRead.push(...checker.read);
  report.bytesRead += checker.bytesRead;
  report.problems.push(...findings.problems());
  const { tenant, source } = first;
  report.sources.push({
    ...{ tenant, source, packs: [...packs.keys()], packsRead: checker.read },
    ...{ parts: [...parts.keys()], partsRead },
  });
}

/** The parts from where an earlier leg has stopped. One that is not listed any more tells nothing: then it is all of them again. */
function partsFrom<Part extends { ref: PartRef }>(
  parts: readonly Part[],
  { part, entries = 0 }: CheckCursor,
): readonly Part[] {
  if (part === undefined) return [];
  const at = parts.findIndex(({ ref }) => ref.id === part);
  const isDone = entries >= (parts[at]?.ref.entries ?? Number.POSITIVE_INFINITY);
  return parts.slice(Math.max(0, isDone ? at + 1 : at));
}

/** Looks at both copies; the first good one goes on. */
async function checkRoot(
  repo: Repository,
  snapshot: Snapshot,
  findings: Findings,
  report: CheckReport,
): Promise<Root | undefined> {
  let good: Root | undefined;
  let key: Buffer;
  try {
    key = await repo.keys.open(snapshot.root.key);
  } catch (error) {
    if (!(error instanceof NotFoundError || error instanceof CorruptError)) throw error;
    const all = `all ${snapshot.totals.objects} objects`;
    findings.add(snapshot.root.key, 'key', error.message, [snapshot.id], all, snapshot.totals.objects);
    return undefined;
  }
  const bad: { object: string; reason: string }[] = [];
  for (const object of snapshot.root.objects) {
    report.objects += 1;
    try {
      const root = await openRootCopy(repo, snapshot, object, key);
      good ??= root;
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      bad.push({ object, reason: error.message });
    }
  }
  const hit = good ? 'nothing yet: its other copy is whole' : `all ${snapshot.totals.objects} objects`;
  for (const { object, reason } of bad) {
    findings.add(object, 'root', reason, [snapshot.id], hit, good ? 0 : snapshot.totals.objects);
  }
  return good;
}
