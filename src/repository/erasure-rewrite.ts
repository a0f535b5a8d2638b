import { CorruptError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { liveSnapshots, readChain, type SourceScope } from './chain.ts';
import type { Intent, Stored } from './chain-rows.ts';
import { frameContext } from './frame.ts';
import { renewIntent } from './intent.ts';
import type { PackUse, PartRef } from './model.ts';
import { newObjectId, objectKey } from './object-names.ts';
import { PackWriter } from './pack-writer.ts';
import { type ErasedPart, erasedLeaves, holdersOf, PartEraser } from './part-eraser.ts';
import { objectsOf, readRoot } from './read-root.ts';
import type { LedgerHook, Repository } from './repository.ts';
import { type Root, sealRoot, snapshotMerkle } from './root.ts';
import { deriveSourceSecrets } from './secrets.ts';

/** What one round did; kept with the intent, so that a repeated call answers the same. */
export interface Round {
  outcome: 'erased';
  snapshots: string[];
  entriesErased: number;
  bytes: number;
  leaves: string[];
  /** Keys in base64url. */
  remaining: { snapshot: string; key: string }[];
}

/** What a round is about. */
export interface RoundRequest {
  /** Positions of the snapshots to rewrite, ascending and next to each other among the live ones. */
  seqs: readonly number[];
  chosen: (key: Buffer) => boolean;
  run: string;
  ledger: LedgerHook<string[]>;
}

/** A snapshot with its new root, before the swing. */
export interface Rewritten {
  before: Stored<Snapshot>;
  old: Root;
  after: Snapshot;
}

const renewMs = 60_000;
/** Bytes of keys that a round's record names; a row has its limit. */
const mostKeyBytes = 64 * 1024;

/**
 * Writes what a round puts in place of the old: new parts, packs and roots. Nothing refers to them before the swing.
 *
 * @throws CorruptError when a manifest cannot be read
 */
export async function rewrite(
  repo: Repository,
  scope: SourceScope,
  intent: Intent,
  attempt: string,
  { seqs, chosen }: RoundRequest,
): Promise<{ rewritten: Rewritten[]; round: Round }> {
  const secrets = deriveSourceSecrets(await repo.keys.open(`source/${scope.tenant}/${scope.source}`));
  const writer = new PackWriter({ objects: repo.objects, scope, intent: intent.id, attempt });
  const context = { scope, secrets, intent: intent.id, attempt };
  const live = liveSnapshots(await readChain(repo, scope.tenant, scope.source));
  // An entry lives over neighbouring snapshots: what an earlier round has counted left its leaf in the snapshot before this round.
  const before = live.findLast(({ record }) => record.seq < (seqs[0] ?? 0));
  const counted = before
    ? await erasedLeaves(repo, scope, (await readRoot(repo, before.record)).parts)
    : new Set<string>();
  const eraser = new PartEraser({ repo, context, frames: frameContext(scope), writer, chosen, counted });
  const chosenOnes = live.filter(({ record }) => seqs.includes(record.seq));
  const rewritten: Rewritten[] = [];
  const kept: { snapshot: string; ref: PartRef }[] = [];
  let renewedAt = Date.now();
  for (const row of chosenOnes) {
    const old = await readRoot(repo, row.record);
    const parts: ErasedPart[] = [];
    for (const ref of old.parts) {
      parts.push(await eraser.part(ref));
      if (Date.now() - renewedAt > renewMs) {
        await renewIntent(repo, intent);
        renewedAt = Date.now();
      }
    }
    for (const { ref } of parts) kept.push({ snapshot: row.record.id, ref });
    if (parts.every(({ ref }, at) => ref === old.parts[at] || ref.id === old.parts[at]?.id)) continue;
    const root = withoutErased(old, parts);
    // What a root lists is durable before the root is: `recover` may find it.
    await writer.finish();
    rewritten.push({ before: row, old, after: await storeRoot(repo, row.record, old, root, intent.id, attempt) });
  }
  const { leaves, hashes, bytes } = eraser.erased;
  const round: Round = {
    ...{
      outcome: 'erased',
      snapshots: rewritten.map(({ before }) => before.record.id),
      entriesErased: leaves.size,
      bytes,
    },
    leaves: [...leaves].slice(0, 1000),
    remaining: hashes.size === 0 ? [] : await remaining(repo, scope, kept, hashes),
  };
  return { rewritten, round };
}

/** The root with the new parts. Parts keep their Merkle roots, so the snapshot keeps its own. */
function withoutErased(old: Root, parts: readonly ErasedPart[]): Root {
  const packs = new Map<string, PackUse>();
  const lost = { objects: 0, files: 0, bytes: 0 };
  for (const part of parts) {
    lost.objects += part.lost.objects;
    lost.files += part.lost.files;
    lost.bytes += part.lost.bytes;
    for (const { frame, used } of part.packs.values()) {
      const { id, length, sha256 } = frame.pack;
      const known = packs.get(id);
      packs.set(id, { id, length, sha256, used: Math.min(length, (known?.used ?? 0) + used) });
    }
  }
  const { objects, files, bytes } = old.totals;
  const totals = {
    ...old.totals,
    objects: objects - lost.objects,
    files: files - lost.files,
    bytes: bytes - lost.bytes,
  };
  const refs = parts.map(({ ref }) => ref);
  if (!snapshotMerkle(refs).equals(old.merkleRoot))
    throw new CorruptError(`snapshot ${old.snapshot} would change its Merkle root`);
  return { ...old, totals, parts: refs, packs: [...packs.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

async function storeRoot(
  repo: Repository,
  snapshot: Snapshot,
  old: Root,
  root: Root,
  intent: string,
  attempt: string,
): Promise<Snapshot> {
  const keyRef = `root/${snapshot.tenant}/${snapshot.source}/${intent}-${attempt}-${snapshot.seq}`;
  const key = await repo.keys.make(keyRef);
  const sealed = sealRoot(root, { key, keyRef, intent, attempt, reuse: old });
  for (const { ref, bytes } of sealed.nodes) await repo.objects.put(objectKey(snapshot, 'node', ref.id), bytes);
  const objects = [0, 1].map(() => objectKey(snapshot, 'root', newObjectId(intent, attempt)));
  for (const object of objects) await repo.objects.put(object, sealed.bytes);
  return { ...snapshot, totals: root.totals, root: { objects, digest: sealed.digest.toString('hex'), key: keyRef } };
}

/** Objects that the old roots list and no live root will: those of the rewritten snapshots count as they will be. */
export async function noLongerListed(
  repo: Repository,
  scope: SourceScope,
  rewritten: readonly Rewritten[],
): Promise<string[]> {
  const going = new Set(rewritten.flatMap(({ before, old }) => [...objectsOf(old), ...before.record.root.objects]));
  const ids = new Set(rewritten.map(({ before }) => before.record.id));
  for (const { after } of rewritten) for (const object of objectsOf(await readRoot(repo, after))) going.delete(object);
  for (const { record } of liveSnapshots(await readChain(repo, scope.tenant, scope.source))) {
    if (!ids.has(record.id)) for (const object of objectsOf(await readRoot(repo, record))) going.delete(object);
  }
  return [...going];
}

async function remaining(
  repo: Repository,
  scope: SourceScope,
  kept: readonly { snapshot: string; ref: PartRef }[],
  hashes: Set<string>,
): Promise<Round['remaining']> {
  const found: Round['remaining'] = [];
  let bytes = 0;
  const known = new Map<string, Buffer[]>();
  for (const { snapshot, ref } of kept) {
    const keys = known.get(ref.id) ?? (await holdersOf(repo, scope, ref, hashes));
    known.set(ref.id, keys);
    for (const key of keys) {
      bytes += key.length;
      if (found.length < 200 && bytes < mostKeyBytes) found.push({ snapshot, key: key.toString('base64url') });
    }
  }
  return found;
}
