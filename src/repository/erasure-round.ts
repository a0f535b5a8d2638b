import { randomBytes } from 'node:crypto';
import { ConflictError, CorruptError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { liveSnapshots, readChain, readRecord, type SourceScope } from './chain.ts';
import { type Intent, putRecord, putSnapshot, type RetiredRecord, rowKeys, type Stored } from './chain-rows.ts';
import { listCondemned } from './condemn.ts';
import { frameContext } from './frame.ts';
import { abortBackup, nextAttempt, openIntent, releaseHead, renewIntent } from './intent.ts';
import { leftoverOf } from './leftovers.ts';
import type { PackUse, PartRef } from './model.ts';
import { newObjectId, objectKey } from './object-names.ts';
import { PackWriter } from './pack-writer.ts';
import { type ErasedPart, erasedLeaves, holdersOf, PartEraser } from './part-eraser.ts';
import { readPins } from './pins.ts';
import { objectsOf, readRoot } from './read-root.ts';
import { type Busy, type LedgerHook, type Repository, untilUnchanged } from './repository.ts';
import { type Root, sealRoot, snapshotMerkle } from './root.ts';
import { deriveSourceSecrets } from './secrets.ts';
import { writeWork } from './worklist.ts';

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
interface Rewritten {
  before: Stored<Snapshot>;
  old: Root;
  after: Snapshot;
}

const renewMs = 60_000;

/** Rewrites a run of neighbouring snapshots and swings their rows in one transaction. */
export async function eraseRound(repo: Repository, scope: SourceScope, request: RoundRequest): Promise<Round | Busy> {
  const { tenant, source } = scope;
  const begun = await openIntent(repo, {
    ...{ kind: 'subject-erasure', tenant, source, run: request.run, cadence: 'manual', planDigest: '' },
    takenAt: repo.clock.now(),
  });
  if (begun.outcome === 'busy') return { outcome: 'busy', reason: `another operation is running: ${begun.heldBy}` };
  const { intent } = begun;
  const resultKey = rowKeys.shard(tenant, source, intent.id);
  const earlier = await readRecord<Round>(repo.table, resultKey);
  if (intent.status === 'committed' && earlier) return earlier.record;
  // From here on nothing is condemned and nothing is pinned any more, so what is not seen now does not come.
  const busy = (await unfinishedExpiry(repo, scope)) ?? (await firstPinned(repo, scope, request.seqs));
  if (busy) {
    await abortBackup(repo, intent);
    return busy;
  }
  const attempt = await nextAttempt(repo, intent);
  const { rewritten, round } = await rewrite(repo, scope, intent, attempt, request);
  if (rewritten.length === 0) {
    await abortBackup(repo, intent);
    return round;
  }
  const list = `erased-${intent.id}-${randomBytes(5).toString('hex')}`;
  await writeWork(repo, scope, list, await noLongerListed(repo, scope, rewritten));
  const retired: RetiredRecord = {
    intent: intent.id,
    keys: rewritten.map(({ before }) => before.record.root.key),
    list,
    step: 'swung',
  };
  await untilUnchanged(async () => {
    const chain = await readChain(repo, tenant, source);
    const open = await readRecord<Intent>(repo.table, rowKeys.intent(tenant, source, intent.id));
    if (open?.record.status !== 'open') {
      throw new ConflictError(`the erasure of ${tenant}/${source} was taken for dead and aborted`, {
        hint: 'Run it again.',
      });
    }
    await repo.table.transact([
      // No snapshot changes while the intent is open, except by who aborts it: then this fails as a whole.
      ...rewritten.map(({ before, after }) => putSnapshot(after, before.version)),
      putRecord(rowKeys.intent(tenant, source, intent.id), { ...open.record, status: 'committed' }, open.version),
      putRecord(rowKeys.leftover(tenant, source, intent.id), leftoverOf(repo, intent.id, [attempt])),
      putRecord(rowKeys.retired(tenant, source, intent.id), retired, undefined),
      putRecord(resultKey, round),
      releaseHead(chain),
      ...(await request.ledger(round.snapshots)),
    ]);
  });
  return round;
}

/** A condemned snapshot whose key is not destroyed yet still holds what is to be erased. */
export async function unfinishedExpiry(repo: Repository, { tenant, source }: SourceScope): Promise<Busy | undefined> {
  const all = await listCondemned(repo, tenant, source);
  const waiting = all.find(({ step }) => step === 'condemned' || step === 'listed');
  const reason = `snapshot ${waiting?.snapshot} is condemned and its key not destroyed yet: finish the expiry first`;
  return waiting && { outcome: 'busy', reason };
}

async function firstPinned(repo: Repository, scope: SourceScope, seqs: readonly number[]): Promise<Busy | undefined> {
  const { snapshots } = await readChain(repo, scope.tenant, scope.source);
  for (const { record } of snapshots) {
    if (!seqs.includes(record.seq)) continue;
    const { live } = await readPins(repo, scope, record.id);
    if (live.length > 0) return { outcome: 'busy', reason: `snapshot ${record.id} is being read` };
  }
  return undefined;
}

async function rewrite(
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
async function noLongerListed(
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
  const known = new Map<string, Buffer[]>();
  for (const { snapshot, ref } of kept) {
    const keys = known.get(ref.id) ?? (await holdersOf(repo, scope, ref, hashes));
    known.set(ref.id, keys);
    for (const key of keys) if (found.length < 200) found.push({ snapshot, key: key.toString('base64url') });
  }
  return found;
}
