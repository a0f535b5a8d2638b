import { hash } from 'node:crypto';
import { CorruptError } from '../domain/errors.ts';
import type { SourceScope } from './chain.ts';
import type { Intent, WorkObject } from './chain-rows.ts';
import { newObjectId, objectKey } from './object-names.ts';
import { getStored } from './read-frame.ts';
import type { Repository } from './repository.ts';
import { aad, openMessage, sealMessage } from './seal.ts';

/**
 * Stores an intermediate result, sealed under a work key of its own: lists of parts carry keys, and bounds and notices name
 * objects of the source, which must not lie in the Table. Goes with the intent.
 */
export async function storeWork(
  repo: Repository,
  { tenant, source, id: intent }: Intent,
  attempt: string,
  content: object,
): Promise<WorkObject> {
  const scope = { tenant, source };
  const id = newObjectId(intent, attempt);
  const keyRef = `work/${tenant}/${source}/${intent}-${attempt}`;
  const key = await repo.keys.make(keyRef);
  const plain = Buffer.from(JSON.stringify(content, bytesToText));
  const bytes = sealMessage(key, aad('work', tenant, source, id), plain);
  await repo.objects.put(objectKey(scope, 'work', id), bytes);
  return { attempt, object: id, digest: hash('sha256', bytes), key: keyRef };
}

/** Reads what `storeWork` stored. @throws CorruptError; NotFoundError when its key went with the intent */
export async function readWork<T>(repo: Repository, scope: SourceScope, stored: WorkObject): Promise<T> {
  const key = await repo.keys.open(stored.key);
  const what = `work object ${stored.object}`;
  const bytes = await getStored(repo, objectKey(scope, 'work', stored.object));
  if (hash('sha256', bytes) !== stored.digest) throw new CorruptError(`${what} does not match its digest`);
  const plain = openMessage(key, aad('work', scope.tenant, scope.source, stored.object), bytes, what);
  return JSON.parse(plain.toString(), textToBytes) as T;
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
