import { CorruptError } from '../domain/errors.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** A column (of a part) or section (of a root) as it is stored: varint id, flags byte, varint length, then its bytes. */
export interface StoredColumn {
  id: number;
  /** A reader that does not know it must refuse the whole. */
  critical: boolean;
  reader: ByteReader;
}

const CRITICAL = 1;
const MAX_COLUMNS = 1024;

/** Appends one column. Ids must ascend; the reader insists. */
export function writeColumn(out: ByteWriter, id: number, critical: boolean, content: Uint8Array): void {
  out.varint(id);
  out.byte(critical ? CRITICAL : 0);
  out.varint(content.length);
  out.bytes(content);
}

/** Reads columns until the end of `reader`; their ids ascend. */
export function readColumns(reader: ByteReader, what: string): Map<number, StoredColumn> {
  const columns = new Map<number, StoredColumn>();
  let last = 0;
  while (reader.remaining > 0) {
    const id = reader.varint();
    const flags = reader.byte();
    const content = reader.bytes(reader.varint());
    if (id <= last || columns.size >= MAX_COLUMNS) throw new CorruptError(`${what} has its columns out of order`);
    if (flags > CRITICAL) throw new CorruptError(`${what} has a column ${id} with unknown flags ${flags}`);
    last = id;
    columns.set(id, { id, critical: flags === CRITICAL, reader: new ByteReader(content, `column ${id} of ${what}`) });
  }
  return columns;
}

/** Throws when a column that must be understood is not among `known`. */
export function refuseUnknown(columns: Map<number, StoredColumn>, known: ReadonlySet<number>, what: string): void {
  for (const column of columns.values()) {
    if (column.critical && !known.has(column.id)) {
      throw new CorruptError(`${what} has a column ${column.id} that must be understood and is not known`, {
        hint: 'It was written by a later version of Tenure; use that version.',
      });
    }
  }
}

/** The reader of a column that must be there. */
export function columnReader(columns: Map<number, StoredColumn>, id: number, what: string): ByteReader {
  const column = columns.get(id);
  if (!column) throw new CorruptError(`${what} lacks its column ${id}`);
  return column.reader;
}

/** Eight scratch bytes to look at a 64-bit integer as two halves. */
const pair = new DataView(new ArrayBuffer(8));

/**
 * 64-bit integers as eight planes: first the lowest byte of every value, at last the highest. Neighbouring times and inodes share their
 * upper bytes, and zstd finds that in planes only. Signed values are in two's complement.
 */
export function writePlanes(values: readonly bigint[], out: ByteWriter): void {
  const count = values.length;
  const planes = Buffer.allocUnsafe(count * 8);
  for (let i = 0; i < count; i++) {
    pair.setBigInt64(0, values[i] as bigint, true);
    const low = pair.getInt32(0, true);
    const high = pair.getInt32(4, true);
    for (let plane = 0, shift = 0; plane < 4; plane++, shift += 8) {
      planes[i + plane * count] = low >>> shift;
      planes[i + (plane + 4) * count] = high >>> shift;
    }
  }
  out.bytes(planes);
}

/** Reads `count` values written by `writePlanes`. */
export function readPlanes(reader: ByteReader, count: number, signed: boolean): bigint[] {
  const planes = reader.bytes(count * 8);
  const values = new Array<bigint>(count);
  for (let i = 0; i < count; i++) {
    let low = 0;
    let high = 0;
    for (let plane = 0, shift = 0; plane < 4; plane++, shift += 8) {
      low |= (planes[i + plane * count] as number) << shift;
      high |= (planes[i + (plane + 4) * count] as number) << shift;
    }
    pair.setInt32(0, low, true);
    pair.setInt32(4, high, true);
    values[i] = signed ? pair.getBigInt64(0, true) : pair.getBigUint64(0, true);
  }
  return values;
}
