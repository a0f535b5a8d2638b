import { CorruptError } from '../domain/errors.ts';
import type { SourceEntryType } from '../ports/source-driver.ts';
import type { Entry } from './model.ts';

const types: readonly SourceEntryType[] = ['file', 'directory', 'symlink'];

/** Kind byte of an erased entry. */
export const ERASED = 3;

const RACY = 4;
const LINK_TARGET = 8;
const HEADERS = 16;
const ETAG = 32;
const KNOWN = 63;

/** One byte: bits 0–1 type (3: erased), bit 2 racy, bits 3–5 link target, headers, etag present; bits 6–7 are zero. */
export function kindByte(entry: Entry): number {
  return (
    types.indexOf(entry.type) |
    (entry.racy ? RACY : 0) |
    (entry.linkTarget ? LINK_TARGET : 0) |
    (entry.headers ? HEADERS : 0) |
    (entry.etag === undefined ? 0 : ETAG)
  );
}

/** What a kind byte says of an entry that is not erased. CorruptError for bits that this version does not know. */
export function parseKind(kind: number): {
  type: SourceEntryType;
  racy: boolean;
  linkTarget: boolean;
  headers: boolean;
  etag: boolean;
} {
  const type = types[kind & 3];
  if (type === undefined || (kind & ~KNOWN) !== 0) throw new CorruptError(`no entry is of kind ${kind}`);
  return {
    type,
    racy: (kind & RACY) !== 0,
    linkTarget: (kind & LINK_TARGET) !== 0,
    headers: (kind & HEADERS) !== 0,
    etag: (kind & ETAG) !== 0,
  };
}
