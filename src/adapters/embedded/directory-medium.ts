import { readFileSync, realpathSync, statfsSync } from 'node:fs';
import { type Folder, toBytes } from './directory-folders.ts';
import { statOpen } from './directory-stat.ts';

/** What is known about where a folder's bytes lie. */
export interface Medium {
  /** `ext4`, or the kernel's number where the name is not known. */
  fileSystem: string;
  /** `magnetic`, `solid state`, `virtual disk`, `memory`, `network`, `unknown`. */
  kind: string;
  /** Why an overwrite cannot be proven to reach the old bytes; undefined where it can. */
  doubt: string | undefined;
}

const COPY_ON_WRITE = 'copy-on-write file system: attempted, not verifiable';
const NETWORK = 'file system of another machine: attempted, not verifiable';

/** f_type of statfs(2) (uapi/linux/magic.h; ZFS and bcachefs from their own sources). */
const fileSystems = new Map<number, { name: string; doubt?: string; kind?: string }>([
  [0xef53, { name: 'ext4' }],
  [0x01021994, { name: 'tmpfs', kind: 'memory' }],
  [0x858458f6, { name: 'ramfs', kind: 'memory' }],
  [0x4d44, { name: 'vfat' }],
  [0x2011bab0, { name: 'exfat' }],
  [0x58465342, { name: 'xfs', doubt: 'file system that can share blocks between files: attempted, not verifiable' }],
  [0x9123683e, { name: 'btrfs', doubt: COPY_ON_WRITE }],
  [0x2fc12fc1, { name: 'zfs', doubt: COPY_ON_WRITE }],
  [0xca451a4e, { name: 'bcachefs', doubt: COPY_ON_WRITE }],
  [0x1a, { name: 'apfs', doubt: COPY_ON_WRITE }],
  [0xf2f52010, { name: 'f2fs', doubt: 'log-structured file system: attempted, not verifiable' }],
  [0x3434, { name: 'nilfs2', doubt: 'log-structured file system: attempted, not verifiable' }],
  [
    0x794c7630,
    { name: 'overlayfs', doubt: 'overlay file system, a lower layer may keep the data: attempted, not verifiable' },
  ],
  [0x6969, { name: 'nfs', kind: 'network', doubt: NETWORK }],
  [0xff534d42, { name: 'cifs', kind: 'network', doubt: NETWORK }],
  [0xfe534d42, { name: 'smb2', kind: 'network', doubt: NETWORK }],
  [0x01021997, { name: '9p', kind: 'network', doubt: NETWORK }],
  [0x65735546, { name: 'fuse', doubt: 'file system in user space: attempted, not verifiable' }],
]);

/** Looks at the file system and the device under an open folder. */
export function mediumOf(folder: Folder): Medium {
  const type = Number(BigInt.asUintN(32, statfsSync(toBytes(`${folder.base}.`), { bigint: true }).type));
  const known = fileSystems.get(type);
  const fileSystem = known?.name ?? `unknown (0x${type.toString(16)})`;
  const kind = known?.kind ?? deviceKind(statOpen(folder.fd).device);
  const doubt = known === undefined ? 'unknown file system: attempted, not verifiable' : (known.doubt ?? doubtOf(kind));
  return { fileSystem, kind, doubt };
}

function doubtOf(kind: string): string | undefined {
  switch (kind) {
    case 'magnetic':
    case 'memory':
      return undefined;
    case 'solid state':
      return 'solid-state device, it writes elsewhere: attempted, not verifiable';
    case 'virtual disk':
      return "virtual disk, the host's medium is not known: attempted, not verifiable";
    default:
      return 'medium not known: attempted, not verifiable';
  }
}

/** Asks sysfs about a block device; partitions have their queue one level up. */
function deviceKind(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  try {
    const folder = realpathSync(`/sys/dev/block/${major}:${minor}`);
    if (/\/(virtio|xen|vbd|vmbus|hyperv)/i.test(folder)) return 'virtual disk';
    for (const queue of [`${folder}/queue/rotational`, `${folder}/../queue/rotational`]) {
      const value = readIfThere(queue);
      if (value !== undefined) return value.trim() === '1' ? 'magnetic' : 'solid state';
    }
  } catch {
    // No sysfs, or a device number that is no block device.
  }
  return 'unknown';
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
