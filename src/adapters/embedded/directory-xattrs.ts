import type { ScanNotice } from '../../ports/source-driver.ts';
import { toBytes } from './directory-folders.ts';
import { libc } from './directory-libc.ts';

/** Names of attributes that a notice spells out. */
const NAMES_SHOWN = 5;

/**
 * Counts entries with extended attributes or ACLs (which are attributes named `system.posix_acl_…`). They are not backed
 * up; one notice says how many there are. The paths are looked up as they are: a link swapped in meanwhile can at most
 * change what the notice says.
 */
export class ExtendedAttributes {
  private readonly native = libc();
  private readonly path: Buffer;
  private readonly start: number;
  private readonly names = new Set<string>();
  private first: string | undefined;
  private count = 0;

  /** @param root Path of the source in Latin-1 text. */
  constructor(root: string) {
    this.path = Buffer.alloc(root.length + 2 + 4096);
    this.start = this.path.write(`${root}/`, 0, 'latin1');
  }

  look(key: string): void {
    if (this.native === undefined || key.length > 4096) return;
    const slash = key.endsWith('/') ? 1 : 0;
    this.path.write(key, this.start, 'latin1');
    this.path[this.start + key.length - slash] = 0;
    const length = this.native.llistxattr(this.path, null, 0);
    if (length <= 0) return;
    this.count++;
    this.first ??= key;
    if (this.names.size >= NAMES_SHOWN) return;
    const list = Buffer.alloc(length);
    const got = this.native.llistxattr(this.path, list, length);
    for (const name of list.toString('latin1', 0, Math.max(got, 0)).split('\0')) {
      if (name !== '' && this.names.size < NAMES_SHOWN) this.names.add(name);
    }
  }

  /** One notice at the first entry that has them, or undefined when none has. */
  notice(): ScanNotice | undefined {
    if (this.first === undefined) return undefined;
    const more = this.count > 1 ? `, here and on ${this.count - 1} more entries` : '';
    return {
      key: toBytes(this.first),
      kind: 'not-covered',
      reason: `extended attributes or ACLs (${[...this.names].join(', ')})${more}`,
    };
  }
}
