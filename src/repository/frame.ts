import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CorruptError } from '../domain/errors.ts';
import type { FrameRef } from './model.ts';
import type { SourceScope } from './object-names.ts';
import { aad, openMessage, randomKey, sealPieces, TAG_BYTES } from './seal.ts';

/** Most plaintext bytes of a frame: the largest chunk. A reader refuses more, whatever a manifest says. */
export const MAX_FRAME_PLAIN = 8 * 1024 * 1024;

const PROBE_BYTES = 64 * 1024;
const PROBE_FROM = 2 * PROBE_BYTES;
const PROBE_SHRINK = 0.97;

/** What frames of one source are sealed with; make it once per run with `frameContext`. */
export interface FrameContext {
  associated: Buffer;
  /** zstd level. */
  level: number;
}

/** A frame ready to be appended to a pack. */
export interface SealedFrame {
  /** Ciphertext, then the tag. */
  bytes: Buffer[];
  /** Sum of their lengths. */
  length: number;
  plainLength: number;
  codec: 'raw' | 'zstd';
  key: Buffer;
}

/** Associated data of a source's frames (they bind no position, so that they can move) and the level of compression. */
export function frameContext(scope: SourceScope, level = 3): FrameContext {
  return { associated: aad('frame', scope.tenant, scope.source), level };
}

function zstd(plain: Buffer, level: number): Buffer {
  return zstdCompressSync(plain, {
    // Room for the whole result at once: growing it by 16 KiB pieces costs a third of the time.
    chunkSize: Math.max(64, plain.length + (plain.length >>> 8) + 64),
    pledgedSrcSize: plain.length,
    params: { [constants.ZSTD_c_compressionLevel]: level },
  });
}

/** zstd of `plain`, or `undefined` when it would not be smaller. Large input is probed first: media and archives do not shrink. */
export function compress(plain: Buffer, level: number): Buffer | undefined {
  if (plain.length < 32) return undefined;
  if (plain.length >= PROBE_FROM) {
    const probe = zstd(plain.subarray(0, PROBE_BYTES), level);
    if (probe.length > PROBE_BYTES * PROBE_SHRINK) return undefined;
  }
  const packed = zstd(plain, level);
  return packed.length < plain.length ? packed : undefined;
}

/** Undoes `compress`; the result must have exactly `plainLength` bytes, else CorruptError (also the guard against bombs). */
export function decompress(packed: Buffer, plainLength: number, what: string): Buffer {
  let plain: Buffer;
  try {
    plain = zstdDecompressSync(packed, {
      chunkSize: Math.max(64, plainLength),
      maxOutputLength: Math.max(1, plainLength),
    });
  } catch (cause) {
    throw new CorruptError(`${what} does not decompress to the ${plainLength} bytes that its record names`, { cause });
  }
  if (plain.length !== plainLength) {
    throw new CorruptError(`${what} decompresses to ${plain.length} bytes instead of ${plainLength}`);
  }
  return plain;
}

/** Compresses where it helps and seals under a fresh key. `plain` is one chunk or a whole cluster, at most 8 MiB. */
export function sealFrame(plain: Buffer, context: FrameContext): SealedFrame {
  if (plain.length > MAX_FRAME_PLAIN)
    throw new RangeError(`a frame of ${plain.length} bytes is over ${MAX_FRAME_PLAIN}`);
  const packed = compress(plain, context.level);
  const key = randomKey();
  const body = packed ?? plain;
  return {
    bytes: sealPieces(key, context.associated, body),
    length: body.length + TAG_BYTES,
    plainLength: plain.length,
    codec: packed ? 'zstd' : 'raw',
    key,
  };
}

/** Opens the stored bytes of a frame. CorruptError when they were altered or do not match their record. */
export function openFrame(stored: Buffer, frame: FrameRef, context: FrameContext): Buffer {
  const what = `frame at ${frame.offset} of pack ${frame.pack.id}`;
  if (stored.length !== frame.length)
    throw new CorruptError(`${what} has ${stored.length} bytes instead of ${frame.length}`);
  if (frame.plainLength > MAX_FRAME_PLAIN) {
    throw new CorruptError(`${what} claims ${frame.plainLength} bytes, over the cap of ${MAX_FRAME_PLAIN}`);
  }
  const body = openMessage(frame.key, context.associated, stored, what);
  if (frame.codec === 'zstd') return decompress(body, frame.plainLength, what);
  if (body.length !== frame.plainLength) {
    throw new CorruptError(`${what} holds ${body.length} bytes instead of ${frame.plainLength}`);
  }
  return body;
}
