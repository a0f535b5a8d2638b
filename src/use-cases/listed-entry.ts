import type { SourceEntryType } from '../ports/source-driver.ts';
import type { Entry } from '../repository/model.ts';

/** An object of a copy, as it is listed. */
export interface ListedEntry {
  /** Relative to the source, without `/` at its end; what is not UTF-8 stands as `�`. */
  path: string;
  /** The exact name in base64url, where `path` does not show it. */
  pathBytes?: string;
  type: SourceEntryType;
  size: number;
  /** ISO instant with nanoseconds. */
  modifiedAt: string;
  /** Permission bits, for instance `0644`. */
  mode: string;
  uid: number;
  gid: number;
  owner: string;
  group: string;
  linkTarget?: string;
}

/** An entry of a manifest as it is listed. */
export function listedEntry(entry: Entry): ListedEntry {
  const { type, size, mtimeNs, mode, uid, gid, owner, group, linkTarget } = entry;
  const name = nameOf(entry.key);
  return {
    ...name,
    type,
    size,
    modifiedAt: instantOfNs(mtimeNs),
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    owner,
    group,
    ...(linkTarget === undefined ? {} : { linkTarget: linkTarget.toString() }),
  };
}

/** A key as a path for people, with its bytes where the text does not tell them. */
export function nameOf(key: Buffer): { path: string; pathBytes?: string } {
  const bytes = key.at(-1) === 0x2f ? key.subarray(0, -1) : key;
  const path = bytes.toString('utf8');
  return Buffer.from(path, 'utf8').equals(bytes) ? { path } : { path, pathBytes: bytes.toString('base64url') };
}

/** ISO instant with nine digits of nanoseconds since the epoch. */
export function instantOfNs(ns: bigint): string {
  const below = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = (ns - below) / 1_000_000_000n;
  const whole = new Date(Number(seconds) * 1000).toISOString();
  return `${whole.slice(0, -5)}.${below.toString().padStart(9, '0')}Z`;
}
