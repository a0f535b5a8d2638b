import { CorruptError, InvalidError } from '../domain/errors.ts';
import { MAX_PART_CHUNKS } from './boundary.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { FrameTable } from './frame-columns.ts';
import type { ChunkRef, Entry, FrameRef } from './model.ts';

/** Writes the chunk references: count per entry; then of all chunks the lengths, frames, offsets in the frame, hashes. */
export function writeChunks(entries: readonly Entry[], table: FrameTable, out: ByteWriter): void {
  const chunks: ChunkRef[] = [];
  for (const entry of entries) {
    out.varint(entry.chunks.length);
    for (const chunk of entry.chunks) {
      if (chunk.offset + chunk.length > chunk.frame.plainLength)
        throw new InvalidError('a chunk passes the end of its frame');
      chunks.push(chunk);
    }
  }
  if (chunks.length > MAX_PART_CHUNKS)
    throw new InvalidError(`a part has ${chunks.length} chunks, over ${MAX_PART_CHUNKS}`);
  for (const chunk of chunks) out.varint(chunk.length);
  let last = 0;
  for (const chunk of chunks) {
    const index = table.indexOf.get(chunk.frame) as number;
    out.zigzag(index - last);
    last = index;
  }
  for (const chunk of chunks) out.varint(chunk.offset);
  for (const chunk of chunks) {
    if (chunk.hash.length !== 32) throw new InvalidError('the hash of a chunk has 32 bytes');
    out.bytes(chunk.hash);
  }
}

/** Reads what `writeChunks` wrote. Every chunk lies within the plaintext of its frame, else CorruptError. */
export function readChunks(
  entries: readonly Entry[],
  frames: readonly FrameRef[],
  reader: ByteReader,
  what: string,
): void {
  const counts = new Int32Array(entries.length);
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = reader.capped(MAX_PART_CHUNKS, 'a number of chunks');
    counts[i] = count;
    total += count;
    if (total > MAX_PART_CHUNKS) throw new CorruptError(`${what} has over ${MAX_PART_CHUNKS} chunks`);
  }
  const lengths = new Float64Array(total);
  for (let i = 0; i < total; i++) lengths[i] = reader.varint();
  const places = new Int32Array(total);
  let place = 0;
  for (let i = 0; i < total; i++) {
    place += reader.zigzag();
    if (!frames[place]) throw new CorruptError(`${what} has a chunk in a frame that it does not list`);
    places[i] = place;
  }
  const offsets = new Float64Array(total);
  for (let i = 0; i < total; i++) offsets[i] = reader.varint();
  let at = 0;
  for (const [i, entry] of entries.entries()) {
    for (let left = counts[i] as number; left > 0; left--, at++) {
      const frame = frames[places[at] as number] as FrameRef;
      const length = lengths[at] as number;
      const offset = offsets[at] as number;
      if (offset + length > frame.plainLength)
        throw new CorruptError(`${what} has a chunk that passes the end of its frame`);
      entry.chunks.push({ hash: reader.bytes(32), length, frame, offset });
    }
  }
  reader.end();
}
