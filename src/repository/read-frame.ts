import { hash } from 'node:crypto';
import { CorruptError, NotFoundError } from '../domain/errors.ts';
import type { SourceScope } from './chain.ts';
import { type FrameContext, openFrame } from './frame.ts';
import type { ChunkRef, FrameRef } from './model.ts';
import { objectKey } from './object-names.ts';
import type { Repository } from './repository.ts';

/** Reads an object or a range of it that must be there: an absent one is damage. `into`: see ObjectStore. @throws CorruptError */
export async function getStored(
  repo: Pick<Repository, 'objects'>,
  key: string,
  range?: { offset: number; length: number },
  into?: Buffer,
): Promise<Buffer> {
  try {
    return await repo.objects.get(key, range, into);
  } catch (cause) {
    if (cause instanceof NotFoundError)
      throw new CorruptError(`object ${key} is missing`, { cause, details: { object: key } });
    throw cause;
  }
}

/** Reads one frame from its pack and opens it. @throws CorruptError */
export async function readFrame(
  repo: Repository,
  scope: SourceScope,
  frame: FrameRef,
  context: FrameContext,
): Promise<Buffer> {
  const { offset, length } = frame;
  return openFrame(await getStored(repo, objectKey(scope, 'pack', frame.pack.id), { offset, length }), frame, context);
}

/** The content of a chunk within its frame's plaintext, verified against its hash. @throws CorruptError */
export function chunkOf(plain: Buffer, chunk: ChunkRef): Buffer {
  const content = plain.subarray(chunk.offset, chunk.offset + chunk.length);
  if (content.length !== chunk.length || !hash('sha256', content, 'buffer').equals(chunk.hash)) {
    throw new CorruptError(
      `a chunk at ${chunk.frame.offset}+${chunk.offset} of pack ${chunk.frame.pack.id} is not what was backed up`,
    );
  }
  return content;
}
