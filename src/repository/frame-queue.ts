import { constants, type ZstdOptions, zstdCompress, zstdCompressSync } from 'node:zlib';
import { compress, type FrameContext, type SealedFrame } from './frame.ts';
import type { FrameRef } from './model.ts';
import type { PackWriter } from './pack-writer.ts';
import { randomKey, sealPieces, TAG_BYTES } from './seal.ts';

/** Plaintext that may be on its way to a pack, in bytes; bounds memory. */
const mostWaiting = 8 * 1024 * 1024;
/** Compressions at once: each has a context of over a megabyte, so more of them spend their time on memory. */
const lanes = 2;
/** With so many waiting for a lane, the calling thread compresses too instead of waiting. */
const mostQueued = 6;
/** From this size the first 64 KiB are probed, so that what does not shrink is sealed at once. */
const probeFrom = 128 * 1024;
const probeBytes = 64 * 1024;
const probeShrink = 0.97;
const sliceBytes = 64 * 1024;

/**
 * Compresses on the threads of libuv while the caller reads on, then seals and appends to packs in the order of arrival
 * (neighbours stay neighbours, so that a restore reads in long runs).
 */
export class FrameQueue {
  readonly #writer: PackWriter;
  readonly #context: FrameContext;
  /** One promise per frame on its way, in order; the last one resolves last. */
  readonly #pending: Promise<void>[] = [];
  readonly #lanes: Promise<unknown>[] = Array.from({ length: lanes }, () => Promise.resolve());
  #laneAt = 0;
  #queued = 0;
  #waiting = 0;
  #fault: { error: unknown } | undefined;

  constructor(writer: PackWriter, context: FrameContext) {
    this.#writer = writer;
    this.#context = context;
  }

  /**
   * Takes a frame's plaintext and returns its record, which is complete once `settled` has resolved. `borrowed` memory may be
   * used again by the caller at once; other memory must not.
   */
  add(plain: Buffer, slots: number, borrowed = false): FrameRef {
    const frame = { slots } as FrameRef;
    const sealed = this.#isDense(plain)
      ? this.#seal(plain, plain.length, 'raw')
      : this.#packed(borrowed ? Buffer.from(plain) : plain);
    const { length } = plain;
    this.#waiting += length;
    const before = this.#pending.at(-1);
    const done = async (): Promise<void> => {
      await before;
      try {
        const ready = await sealed;
        if (this.#fault) return;
        Object.assign(frame, this.#writer.append(ready, slots));
        await this.#writer.ready();
      } catch (error) {
        this.#fault ??= { error };
      } finally {
        this.#waiting -= length;
        this.#pending.shift();
      }
    };
    this.#pending.push(done());
    return frame;
  }

  /** True when `room` should be awaited before more is added. */
  get full(): boolean {
    return this.#waiting > mostWaiting || this.#fault !== undefined;
  }

  /** Waits while too much is on its way. Throws what compressing or storing threw. */
  async room(): Promise<void> {
    while (this.#waiting > mostWaiting) await this.#pending[0];
    if (this.#fault) throw this.#fault.error;
  }

  /** Resolves when everything that was added so far is in a pack. Throws what compressing or storing threw. */
  async settled(): Promise<void> {
    await this.#pending.at(-1);
    if (this.#fault) throw this.#fault.error;
  }

  #isDense(plain: Buffer): boolean {
    if (plain.length < probeFrom) return false;
    const packed = compress(plain.subarray(0, probeBytes), this.#context.level);
    return packed === undefined || packed.length > probeBytes * probeShrink;
  }

  async #packed(plain: Buffer): Promise<SealedFrame> {
    const packed = this.#queued < mostQueued ? await this.#inLane(plain) : zstdNow(plain, this.#context.level);
    return packed.length < plain.length
      ? this.#seal(packed, plain.length, 'zstd')
      : this.#seal(plain, plain.length, 'raw');
  }

  async #inLane(plain: Buffer): Promise<Buffer> {
    const lane = this.#laneAt++ % lanes;
    this.#queued += 1;
    const packed = Promise.resolve(this.#lanes[lane]).then(() => zstd(plain, this.#context.level));
    this.#lanes[lane] = packed.catch(() => undefined);
    try {
      return await packed;
    } finally {
      this.#queued -= 1;
    }
  }

  #seal(body: Buffer, plainLength: number, codec: 'raw' | 'zstd'): SealedFrame {
    const key = randomKey();
    const bytes = sealPieces(key, this.#context.associated, slices(body));
    return { bytes, length: body.length + TAG_BYTES, plainLength, codec, key };
  }
}

/** Ciphertext is copied to a pack at once: it comes in small pieces, whose memory soon serves again. */
function slices(body: Buffer): Buffer | Buffer[] {
  if (body.length <= sliceBytes) return body;
  const all: Buffer[] = [];
  for (let from = 0; from < body.length; from += sliceBytes) all.push(body.subarray(from, from + sliceBytes));
  return all;
}

function zstdOptions(plain: Buffer, level: number): ZstdOptions {
  return {
    // Room for the whole result at once.
    chunkSize: Math.max(64, plain.length + (plain.length >>> 8) + 64),
    pledgedSrcSize: plain.length,
    params: { [constants.ZSTD_c_compressionLevel]: level },
  };
}

async function zstd(plain: Buffer, level: number): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    zstdCompress(plain, zstdOptions(plain, level), (error, packed) => (error ? reject(error) : resolve(packed)));
  });
}

function zstdNow(plain: Buffer, level: number): Buffer {
  return zstdCompressSync(plain, zstdOptions(plain, level));
}
