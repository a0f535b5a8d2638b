import { hash } from 'node:crypto';
import { CorruptError } from '../domain/errors.ts';
import type { SnapshotTotals } from '../domain/snapshot.ts';
import type { ScanNotice } from '../ports/source-driver.ts';
import { readRecord, type SourceScope } from './chain.ts';
import { type Intent, putRecord, rowKeys, type ShardRecord } from './chain-rows.ts';
import type { Damage } from './damage.ts';
import type { PackUse, PartRef } from './model.ts';
import { newObjectId, objectKey } from './object-names.ts';
import { getStored } from './read-frame.ts';
import type { Repository } from './repository.ts';
import { aad, openMessage, sealMessage } from './seal.ts';

/** Notices that are kept; the others are counted. */
export const mostNotices = 1000;

/** What a shard leaves for the commit. */
export interface ShardLists {
  parts: PartRef[];
  packs: PackUse[];
}

/** Stores the lists of a finished shard, sealed under a work key: parts carry keys, which must never lie in the Table. */
export async function storeShardResult(
  repo: Repository,
  intent: Intent,
  attempt: string,
  result: ShardLists & { totals: SnapshotTotals; notices: ScanNotice[]; noticeCount: number; damage: Damage },
): Promise<ShardRecord> {
  const scope = { tenant: intent.tenant, source: intent.source };
  const id = newObjectId(intent.id, attempt);
  const keyRef = `work/${scope.tenant}/${scope.source}/${intent.id}-${attempt}`;
  const key = await repo.keys.make(keyRef);
  const plain = JSON.stringify({ parts: result.parts, packs: result.packs }, bytesToText);
  const bytes = sealMessage(key, aad('work', scope.tenant, scope.source, id), Buffer.from(plain));
  const object = objectKey(scope, 'work', id);
  await repo.objects.put(object, bytes);
  const record: ShardRecord = {
    attempt,
    object: id,
    digest: hash('sha256', bytes),
    key: keyRef,
    totals: result.totals,
    notices: result.noticeCount,
    firstNotices: result.notices
      .slice(0, mostNotices / 5)
      .map(({ key: at, kind, reason }) => [at.toString('base64url').slice(0, 700), kind, reason.slice(0, 200)]),
    ...(result.damage.readAgain > 0 && { readAgain: result.damage.readAgain }),
    ...(result.damage.met.length > 0 && { damaged: result.damage.met }),
  };
  await repo.table.transact([putRecord(rowKeys.shard(scope.tenant, scope.source, intent.id), record, undefined)]);
  return record;
}

/** The record of a finished shard. */
export async function readShardRecord(repo: Repository, intent: Intent): Promise<ShardRecord | undefined> {
  return (await readRecord<ShardRecord>(repo.table, rowKeys.shard(intent.tenant, intent.source, intent.id)))?.record;
}

/** The lists of a finished shard. @throws CorruptError */
export async function readShardLists(repo: Repository, scope: SourceScope, record: ShardRecord): Promise<ShardLists> {
  const bytes = await getStored(repo, objectKey(scope, 'work', record.object));
  if (hash('sha256', bytes) !== record.digest)
    throw new CorruptError(`work object ${record.object} does not match its digest`);
  const key = await repo.keys.open(record.key);
  const plain = openMessage(
    key,
    aad('work', scope.tenant, scope.source, record.object),
    bytes,
    `work object ${record.object}`,
  );
  return JSON.parse(plain.toString(), textToBytes) as ShardLists;
}

/** Notices as a shard's record keeps them. */
export function noticesOf(record: ShardRecord): ScanNotice[] {
  return record.firstNotices.map(([key, kind, reason]) => ({
    key: Buffer.from(key, 'base64url'),
    kind: kind as ScanNotice['kind'],
    reason,
  }));
}

/** `Buffer.toJSON` has made `{type, data: number[]}` of a buffer before a replacer sees it: shorter as text. */
function bytesToText(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'Buffer') return value;
  return { base64: Buffer.from((value as unknown as { data: number[] }).data).toString('base64') };
}

function textToBytes(_name: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'base64' in value
    ? Buffer.from(String(value.base64), 'base64')
    : value;
}
