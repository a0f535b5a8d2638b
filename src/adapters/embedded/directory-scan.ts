import { readlinkSync } from 'node:fs';
import type { ScanBatch, ScanNotice, SourceEntry } from '../../ports/source-driver.ts';
import { type Folder, toBytes } from './directory-folders.ts';
import type { Owners } from './directory-owners.ts';
import { type Stat, statOpen } from './directory-stat.ts';
import { reasonOf, type Seen, walk } from './directory-walk.ts';
import { ExtendedAttributes } from './directory-xattrs.ts';

/** Entries per batch: large enough that promises do not count, small enough that memory does not. */
const BATCH = 512;

/** Turns what the file system says into an entry. */
export function toEntry(key: Buffer, stat: Stat, owners: Owners, linkTarget?: Buffer): SourceEntry {
  return {
    key,
    type: stat.kind === 'directory' || stat.kind === 'symlink' ? stat.kind : 'file',
    size: stat.kind === 'file' ? stat.size : 0,
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    inode: stat.inode,
    device: stat.device,
    links: stat.links,
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    owner: owners.user(stat.uid),
    group: owners.group(stat.gid),
    ...(linkTarget === undefined ? {} : { linkTarget }),
  };
}

/**
 * Scans the open folder of a source, itself first. Sockets, named pipes and devices are reported and skipped, and so is
 * what is mounted inside.
 *
 * @param root Path of the source, for looking up extended attributes.
 */
export function* scanFolder(root: string, folder: Folder, owners: Owners, after?: string): Generator<ScanBatch, void> {
  const attributes = new ExtendedAttributes(root);
  const own = statOpen(folder.fd);
  let batch: ScanBatch = { entries: [], notices: [] };
  if (after === undefined) {
    batch.entries.push(toEntry(Buffer.alloc(0), own, owners));
    attributes.look('');
  }
  for (const seen of walk(folder, '', own.device, after)) {
    const notice = add(batch.entries, seen, owners);
    if (notice !== undefined) batch.notices.push(notice);
    else attributes.look(seen.key);
    if (batch.entries.length + batch.notices.length < BATCH) continue;
    yield batch;
    batch = { entries: [], notices: [] };
  }
  const notice = attributes.notice();
  if (notice !== undefined) batch.notices.push(notice);
  if (batch.entries.length + batch.notices.length > 0) yield batch;
}

function add(entries: SourceEntry[], seen: Seen, owners: Owners): ScanNotice | undefined {
  const key = toBytes(seen.key);
  if (seen.kind !== 'entry') return { key, kind: seen.kind, reason: seen.reason };
  const { stat } = seen;
  if (seen.mounted) {
    if (stat.kind === 'directory') entries.push(toEntry(key, stat, owners));
    return { key, kind: 'skipped', reason: 'something else is mounted here: add it as a source of its own' };
  }
  if (stat.kind === 'symlink') {
    try {
      const target = readlinkSync(toBytes(seen.folder.base + seen.name), { encoding: 'buffer' });
      entries.push(toEntry(key, stat, owners, target));
    } catch (error) {
      return { key, kind: 'unreadable', reason: reasonOf(error) };
    }
  } else if (stat.kind === 'file' || stat.kind === 'directory') {
    entries.push(toEntry(key, stat, owners));
  } else {
    return { key, kind: 'skipped', reason: stat.kind };
  }
  return undefined;
}
