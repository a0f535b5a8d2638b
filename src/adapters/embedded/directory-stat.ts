import { type BigIntStats, fstatSync, lstatSync } from 'node:fs';
import { type Folder, toBytes } from './directory-folders.ts';
import { AT_EMPTY_PATH, AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW, libc } from './directory-libc.ts';

export type FileKind = 'file' | 'directory' | 'symlink' | 'socket' | 'named pipe' | 'device';

/** What the file system says of one thing. Times are nanoseconds since the epoch. */
export interface Stat {
  kind: FileKind;
  size: number;
  /** 512-byte blocks that are allocated. */
  blocks: number;
  mtimeNs: bigint;
  ctimeNs: bigint;
  inode: bigint;
  device: bigint;
  links: number;
  /** 07777 */
  mode: number;
  uid: number;
  gid: number;
  /** Another file system (or a bind mount) begins here; undefined where only `device` can tell. */
  mountRoot: boolean | undefined;
}

/** Offsets in struct statx (uapi/linux/stat.h). */
const at = { attributes: 8, links: 16, uid: 20, gid: 24, mode: 28, inode: 32, size: 40, blocks: 48, mask: 56 };
const atCtime = 96;
const atMtime = 112;
const atDevice = 136;
/** STATX_ATTR_MOUNT_ROOT */
const MOUNT_ROOT = 0x2000;

const out = Buffer.alloc(256);
const path = Buffer.alloc(4096);
const empty = Buffer.alloc(1);

/** Looks at a name in a folder without following a link. Throws the system's error (ENOENT when it is gone). */
export function statAt(folder: Folder, name: string): Stat {
  const native = libc();
  if (native === undefined || name.length >= path.length) {
    return fromNode(lstatSync(toBytes(folder.base + name), { bigint: true }));
  }
  path[path.write(name, 0, 'latin1')] = 0;
  native.statx(folder.fd, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, out);
  return fromStatx();
}

/** Looks at an open file or folder. */
export function statOpen(fd: number): Stat {
  const native = libc();
  if (native === undefined) return fromNode(fstatSync(fd, { bigint: true }));
  native.statx(fd, empty, AT_EMPTY_PATH, out);
  return fromStatx();
}

function fromStatx(): Stat {
  const mode = out.readUInt16LE(at.mode);
  const knowsMounts = (out.readUInt32LE(at.mask) & MOUNT_ROOT) !== 0;
  return {
    kind: kindOf(mode),
    size: readU53(at.size),
    blocks: readU53(at.blocks),
    mtimeNs: readTime(atMtime),
    ctimeNs: readTime(atCtime),
    inode: out.readBigUInt64LE(at.inode),
    device: makeDevice(out.readUInt32LE(atDevice), out.readUInt32LE(atDevice + 4)),
    links: out.readUInt32LE(at.links),
    mode: mode & 0o7777,
    uid: out.readUInt32LE(at.uid),
    gid: out.readUInt32LE(at.gid),
    mountRoot: knowsMounts ? (out.readUInt32LE(at.attributes) & MOUNT_ROOT) !== 0 : undefined,
  };
}

function fromNode(stat: BigIntStats): Stat {
  return {
    kind: kindOf(Number(stat.mode)),
    size: Number(stat.size),
    blocks: Number(stat.blocks),
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    inode: stat.ino,
    device: stat.dev,
    links: Number(stat.nlink),
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mountRoot: undefined,
  };
}

const readU53 = (offset: number): number => out.readUInt32LE(offset) + out.readUInt32LE(offset + 4) * 0x1_0000_0000;
const readTime = (offset: number): bigint =>
  out.readBigInt64LE(offset) * 1_000_000_000n + BigInt(out.readUInt32LE(offset + 8));

/** The 64-bit number that stat(2) gives for a device (glibc's makedev), so that both ways agree. */
function makeDevice(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high & 0xfffn) << 8n) | (low & 0xffn) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n);
}

/** S_IFMT of stat(2). */
function kindOf(mode: number): FileKind {
  switch (mode & 0o170000) {
    case 0o100000:
      return 'file';
    case 0o040000:
      return 'directory';
    case 0o120000:
      return 'symlink';
    case 0o140000:
      return 'socket';
    case 0o010000:
      return 'named pipe';
    default:
      return 'device';
  }
}
