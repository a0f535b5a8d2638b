/**
 * Where a leg of a restore has stopped; JSON. It grows neither with the number of objects nor with their size: what it does not
 * keep (further names of files beyond the first {@link mostLinks}) is restored all the same, as files of their own.
 */
export interface RestoreCursor {
  /** Part in which the next leg begins. */
  part: number;
  /** Key (base64url) of the last entry that is done. */
  after?: string;
  /** Lengths of those beginnings of `after` that are files or links: nothing may lie in them. */
  leaves?: number[];
  /** Files with several names, of which the first was restored: group, key (base64url), content. */
  links?: [string, string, string][];
  /** A file that is not complete: its key (base64url), and how many bytes of it the target keeps. Its first segment is in `part`. */
  file?: { key: string; position: number };
  /** There are folders, whose attributes are set at the end. */
  metFolders?: boolean;
  /** Only attributes of folders are missing: in this part and those before it. */
  folders?: number;
}

/** Files with several names that a cursor remembers, and bytes of their keys: an item's row has 256 KiB for everything. */
export const mostLinks = 200;
export const mostLinkBytes = 32 * 1024;
/** Folders whose entries are kept in memory until their attributes are set; beyond, their parts are read again. */
export const mostFolders = 20_000;
/** Damaged objects that a report names; all are counted. */
export const mostDamaged = 10_000;
/** Notices that a report brings. */
export const mostNotices = 10_000;
