import { InvalidError } from '../domain/errors.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { readPlanes, writePlanes } from './columns.ts';
import type { Entry } from './model.ts';

/** One column of attributes: how it is written for the entries that are not erased, and read back into them. */
export interface EntryColumn {
  id: number;
  write(entries: readonly Entry[], out: ByteWriter): void;
  read(entries: readonly Entry[], reader: ByteReader): void;
}

/** A varint per entry, at most `cap`. */
export function numbers(
  id: number,
  cap: number,
  get: (entry: Entry) => number,
  set: (entry: Entry, value: number) => void,
) {
  return {
    id,
    write(entries: readonly Entry[], out: ByteWriter): void {
      for (const entry of entries) {
        const value = get(entry);
        if (value > cap) throw new InvalidError(`an attribute is ${value}, over the cap of ${cap}`);
        out.varint(value);
      }
    },
    read(entries: readonly Entry[], reader: ByteReader): void {
      for (const entry of entries) set(entry, reader.capped(cap, 'a value'));
    },
  };
}

/** A 64-bit integer per entry, in planes. */
export function planes(
  id: number,
  signed: boolean,
  get: (entry: Entry) => bigint,
  set: (entry: Entry, value: bigint) => void,
) {
  const [least, most] = signed ? [-(1n << 63n), (1n << 63n) - 1n] : [0n, (1n << 64n) - 1n];
  return {
    id,
    write(entries: readonly Entry[], out: ByteWriter): void {
      const values = entries.map(get);
      if (values.some((value) => value < least || value > most))
        throw new InvalidError('a time or inode is over 64 bits');
      writePlanes(values, out);
    },
    read(entries: readonly Entry[], reader: ByteReader): void {
      const values = readPlanes(reader, entries.length, signed);
      for (const [i, entry] of entries.entries()) set(entry, values[i] as bigint);
    },
  };
}

/** Bytes for the entries of which `has` is true. */
export function optional(
  id: number,
  has: (entry: Entry) => boolean,
  write: (entry: Entry, out: ByteWriter) => void,
  read: (entry: Entry, reader: ByteReader) => void,
): EntryColumn {
  return {
    id,
    write(entries, out) {
      for (const entry of entries) if (has(entry)) write(entry, out);
    },
    read(entries, reader) {
      for (const entry of entries) if (has(entry)) read(entry, reader);
    },
  };
}
