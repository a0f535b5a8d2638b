import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, lstatSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LiveOptions, LiveResult } from '../../ports/source-driver.ts';
import { closeFolder, FolderChain, openFolder, sortedNames, splitKey, toBytes, toText } from './directory-folders.ts';
import { errorCode, libc } from './directory-libc.ts';
import { makeFolderWritable, openWritable } from './directory-pinned.ts';
import { openRoot, rootText } from './directory-root.ts';
import { hardLinkGroup, isPast, namesInside, type Selected, walkSelection } from './directory-selection.ts';
import { statAt, statOpen } from './directory-stat.ts';
import { turn } from './directory-turn.ts';
import { reasonOf, type SeenEntry } from './directory-walk.ts';

type Report = (result: LiveResult) => void;
type Outcome = Pick<LiveResult, 'result' | 'bytes' | 'note'>;

/** Entries after which others have their turn. */
const TURN_ENTRIES = 512;

/** Name of an emptied file on its way out; one that a killed deletion left behind is known by it. */
const leftover = /^\.tenure-erased-[0-9a-f]{16}$/;

/**
 * Deletes what is selected: files are truncated, renamed and unlinked, then folders go, deepest first. Truncation comes
 * first: a deletion that is killed after the rename leaves an empty file, never content under a name that nobody looks
 * for. A file with a name outside the selection is only unlinked. Selecting everything removes the source's own folder too.
 */
export async function deleteSelection(
  root: string,
  keys: readonly string[],
  report: Report,
  options: LiveOptions = {},
): Promise<void> {
  const chain = new FolderChain(openRoot(root));
  try {
    const atEnd = await new Deleter(chain, keys, report, options).run();
    if (atEnd && keys[0] === '') removeRoot(root, chain, report);
    makeDurable(chain, root);
  } finally {
    chain.close();
  }
}

class Deleter {
  private readonly chain: FolderChain;
  private readonly keys: readonly string[];
  private readonly report: Report;
  private readonly inside: Map<string, number>;
  private readonly folders: string[] = [];
  private readonly past: string | undefined;
  private readonly goOn: () => boolean;

  constructor(chain: FolderChain, keys: readonly string[], report: Report, { after, goOn }: LiveOptions) {
    this.chain = chain;
    this.keys = keys;
    this.report = report;
    this.inside = namesInside(chain, keys).names;
    this.past = after && toText(after);
    this.goOn = goOn ?? (() => true);
  }

  /** False when it was told to stop. */
  async run(): Promise<boolean> {
    this.clearLeftovers();
    let visited = 0;
    for (const seen of walkSelection(this.chain, this.keys)) {
      if (this.visit(seen) && !this.goOn()) return false;
      if (++visited % TURN_ENTRIES === 0) await turn();
    }
    for (const key of this.folders.toReversed()) {
      this.attempt(key, () => {
        const { parent, name } = splitKey(key);
        rmdirSync(toBytes(this.chain.at(parent).base + name));
        return { result: 'deleted', bytes: 0 };
      });
      if (!this.goOn()) return false;
    }
    return true;
  }

  /** Whether there was something to do: folders go later, and what an earlier call has dealt with is passed over. */
  private visit(seen: Selected): boolean {
    if (seen.kind === 'entry' && seen.stat.kind === 'directory' && !seen.mounted) {
      this.folders.push(seen.key);
      return false;
    }
    if (isPast(seen.key, this.past)) return false;
    if (seen.kind === 'absent' || seen.kind === 'vanished') {
      this.attempt(seen.key, () => ({ result: 'absent', bytes: 0 }));
    } else if (seen.kind === 'unreadable') {
      this.attempt(seen.key, () => ({ result: 'failed', bytes: 0, note: seen.reason }));
    } else if (seen.mounted) {
      this.attempt(seen.key, () => ({ result: 'failed', bytes: 0, note: 'something else is mounted here' }));
    } else {
      this.attempt(seen.key, () => this.remove(seen));
    }
    return true;
  }

  private remove({ folder, name, stat }: SeenEntry): Outcome {
    if (process.geteuid?.() !== 0) makeFolderWritable(folder.fd);
    const path = toBytes(folder.base + name);
    if (stat.kind !== 'file') {
      unlinkSync(path);
      return { result: 'deleted', bytes: 0 };
    }
    const fd = openWritable(path);
    try {
      const { links, size } = statOpen(fd);
      if (links > Math.max(1, this.inside.get(hardLinkGroup(stat)) ?? 0)) {
        unlinkSync(path);
        return { result: 'unlinked-only', bytes: 0, note: 'it has further names outside the scope' };
      }
      ftruncateSync(fd, 0);
      const random = toBytes(`${folder.base}.tenure-erased-${randomBytes(8).toString('hex')}`);
      renameSync(path, random);
      unlinkSync(random);
      return { result: 'deleted', bytes: size };
    } finally {
      closeSync(fd);
    }
  }

  /** Emptied files that a killed deletion of single keys left in their folders. */
  private clearLeftovers(): void {
    const parents = new Set(this.keys.filter((key) => key !== '').map((key) => splitKey(key).parent));
    for (const parent of parents) {
      try {
        const folder = this.chain.at(parent);
        for (const name of sortedNames(folder, () => false)) {
          if (!leftover.test(name)) continue;
          const { kind, size } = statAt(folder, name);
          if (kind === 'file' && size === 0) unlinkSync(toBytes(folder.base + name));
        }
      } catch {
        // The folder is gone or cannot be read: the walk reports what that means for the selection.
      }
    }
  }

  private attempt(key: string, act: () => Outcome): void {
    this.report({ key: toBytes(key), verification: 'not-requested', ...outcome(act) });
  }
}

function outcome(act: () => Outcome): Outcome {
  try {
    return act();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { result: 'absent', bytes: 0 };
    return { result: 'failed', bytes: 0, note: reasonOf(error) };
  }
}

/** Removes the source's own folder, if it is still the one that was emptied. */
function removeRoot(root: string, chain: FolderChain, report: Report): void {
  const own = statOpen(chain.root.fd);
  const result = outcome(() => {
    if (own.mountRoot === true) {
      const empty = sortedNames(chain.root, () => false).length === 0;
      return { result: empty ? 'deleted' : 'failed', bytes: 0, note: 'the folder is a mount point and stays' };
    }
    const path = toBytes(rootText(root));
    if (lstatSync(path, { bigint: true }).ino !== own.inode) {
      return { result: 'failed', bytes: 0, note: 'another folder took its place' };
    }
    rmdirSync(path);
    return { result: 'deleted', bytes: 0 };
  });
  report({ key: Buffer.alloc(0), verification: 'not-requested', ...result });
}

/** Nothing that was deleted may come back after a crash. */
function makeDurable(chain: FolderChain, root: string): void {
  const native = libc();
  if (native !== undefined) native.syncfs(chain.root.fd);
  else fsyncSync(chain.root.fd);
  const above = openFolder(dirname(rootText(root)));
  fsyncSync(above.fd);
  closeFolder(above);
}
