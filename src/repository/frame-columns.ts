import { CorruptError, InvalidError } from '../domain/errors.ts';
import { MAX_PART_CHUNKS } from './boundary.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { MAX_FRAME_PLAIN } from './frame.ts';
import type { FrameRef, PackRef, PartEntry } from './model.ts';
import { isObjectId } from './object-names.ts';
import { KEY_BYTES, TAG_BYTES } from './seal.ts';

/** Packs and frames that a part refers to, each once, in the order of first use. */
export interface FrameTable {
  packs: PackRef[];
  frames: FrameRef[];
  /** Place of each frame's pack in `packs`. */
  packIndex: number[];
  /** Place of a frame in `frames`; several records of one frame share a place. */
  indexOf: Map<FrameRef, number>;
}

/** Lists what the entries' chunks refer to. InvalidError when a pack is still open: its length and digest are not known yet. */
export function frameTable(entries: readonly PartEntry[]): FrameTable {
  const table: FrameTable = { packs: [], frames: [], packIndex: [], indexOf: new Map() };
  const packs = new Map<string, number>();
  // Offsets of packs stay far below 2^32, so pack and offset fit one number.
  const places = new Map<number, number>();
  for (const entry of entries) {
    if ('erased' in entry) continue;
    for (const { frame } of entry.chunks) {
      if (table.indexOf.has(frame)) continue;
      let pack = packs.get(frame.pack.id);
      if (pack === undefined) {
        if (frame.pack.sha256.length !== 32) throw new InvalidError(`pack ${frame.pack.id} is not closed yet`);
        pack = table.packs.push(frame.pack) - 1;
        packs.set(frame.pack.id, pack);
      }
      if (frame.offset + frame.length > frame.pack.length) throw new InvalidError('a frame lies outside its pack');
      const place = pack * 2 ** 32 + frame.offset;
      let index = places.get(place);
      if (index === undefined) {
        index = table.frames.push(frame) - 1;
        table.packIndex.push(pack);
        places.set(place, index);
      }
      table.indexOf.set(frame, index);
    }
  }
  return table;
}

/** Packs: count, then id, length and SHA-256 of each. */
export function writePacks(packs: readonly PackRef[], out: ByteWriter): void {
  out.varint(packs.length);
  for (const pack of packs) {
    out.string(pack.id);
    out.varint(pack.length);
    out.bytes(pack.sha256);
  }
}

/** Reads what `writePacks` wrote. Digests are copied out, so that they do not hold the part's memory. */
export function readPacks(reader: ByteReader, cap: number): PackRef[] {
  const packs: PackRef[] = [];
  for (let left = reader.capped(cap, 'the number of packs'); left > 0; left--) {
    const id = reader.string(200, 'the length of a pack id');
    if (!isObjectId(id)) throw new CorruptError(`a pack is named "${id}", which no pack can be`);
    packs.push({ id, length: reader.varint(), sha256: Buffer.from(reader.bytes(32)) });
  }
  return packs;
}

/** Frames, row by row: count, then pack place, offset after the previous frame's end, length, plain length, slots; codecs; keys. */
export function writeFrames(table: FrameTable, out: ByteWriter): void {
  out.varint(table.frames.length);
  let lastPack = 0;
  let end = 0;
  for (const [index, frame] of table.frames.entries()) {
    const pack = table.packIndex[index] as number;
    out.zigzag(pack - lastPack);
    out.zigzag(frame.offset - end);
    out.varint(frame.length);
    out.varint(frame.plainLength);
    out.varint(frame.slots);
    lastPack = pack;
    end = frame.offset + frame.length;
  }
  for (const frame of table.frames) out.byte(frame.codec === 'zstd' ? 1 : 0);
  for (const frame of table.frames) {
    if (frame.key.length !== KEY_BYTES) throw new RangeError('a frame key has 32 bytes');
    out.bytes(frame.key);
  }
}

/** Reads what `writeFrames` wrote and checks every frame against its pack and the caps. */
export function readFrames(reader: ByteReader, packs: readonly PackRef[], what: string): FrameRef[] {
  const count = reader.capped(MAX_PART_CHUNKS, 'the number of frames');
  const frames: FrameRef[] = [];
  let place = 0;
  let end = 0;
  for (let i = 0; i < count; i++) {
    place += reader.zigzag();
    const pack = packs[place];
    const offset = end + reader.zigzag();
    const length = reader.varint();
    const plainLength = reader.capped(MAX_FRAME_PLAIN, 'the plain length of a frame');
    const slots = reader.capped(MAX_FRAME_PLAIN, 'the number of slots of a frame');
    end = offset + length;
    if (!pack || offset < 0 || length < TAG_BYTES || end > pack.length) {
      throw new CorruptError(`${what} refers to a frame that lies outside its pack`);
    }
    frames.push({ pack, offset, length, plainLength, codec: 'raw', key: pack.sha256, slots });
  }
  for (const frame of frames) {
    const codec = reader.byte();
    if (codec > 1) throw new CorruptError(`${what} has a frame with the unknown codec ${codec}`);
    frame.codec = codec === 1 ? 'zstd' : 'raw';
  }
  for (const frame of frames) frame.key = reader.bytes(KEY_BYTES);
  reader.end();
  return frames;
}
