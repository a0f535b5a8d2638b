import { NotFoundError } from '../../domain/errors.ts';
import type { LiveResult, OpenedSource, ScanBatch, SourceDriver, SourceEntry } from '../../ports/source-driver.ts';
import { deleteSelection } from './directory-delete.ts';
import { closeFolder, FolderChain, hasProc, toBytes, toText } from './directory-folders.ts';
import { libc } from './directory-libc.ts';
import { mediumOf } from './directory-medium.ts';
import { openSourceFile } from './directory-open.ts';
import { overwriteSelection } from './directory-overwrite.ts';
import { readOwners } from './directory-owners.ts';
import { openRoot, rootText, verifyRoot } from './directory-root.ts';
import { scanFolder } from './directory-scan.ts';
import { isPast, selectedKeys } from './directory-selection.ts';
import { survivorsOf } from './directory-survivors.ts';
import { turn } from './directory-turn.ts';

/** Batches of a scan after which others have their turn. */
const TURN_BATCHES = 16;

/** What a directory source may be told besides its path. */
export interface DirectorySourceOptions {
  /** Folders that it must not overlap with: the home, the repository, other sources. */
  forbidden?: readonly string[];
  /** Milliseconds of the machine's clock; default `Date.now`. */
  wall?: () => number;
}

/**
 * A folder of this machine as a source. Names are kept byte for byte, links are never followed, and what is mounted
 * inside is not entered.
 *
 * @param root Absolute path.
 */
export function directorySourceDriver(root: string, options: DirectorySourceOptions = {}): SourceDriver {
  const owners = readOwners();
  const wall = options.wall ?? Date.now;
  const shared = sharedChain(root);

  async function* scan(scanOptions: { after?: Buffer } = {}): AsyncGenerator<ScanBatch, void> {
    const chain = shared.take();
    try {
      const after = scanOptions.after === undefined ? undefined : toText(scanOptions.after);
      let batches = 0;
      for (const batch of scanFolder(rootText(root), chain.root, owners, after)) {
        yield batch;
        if (++batches % TURN_BATCHES === 0) await turn();
      }
    } finally {
      shared.release();
    }
  }

  return {
    capabilities: { restore: true, overwrite: true, delete: true, sweep: true },
    verify: async (apartFrom = []) => verifyRoot(root, [...(options.forbidden ?? []), ...apartFrom]),
    scan,
    async open(entry: SourceEntry): Promise<OpenedSource> {
      const chain = shared.take();
      try {
        return openSourceFile(chain, entry, owners, wall, shared.release);
      } catch (error) {
        shared.release();
        throw error;
      }
    },
    overwrite: async (selection, pass, report, legs = {}) => {
      const keys = selectedKeys(selection);
      if (isThere(root, keys, report, legs.after)) await overwriteSelection(root, keys, pass, report, legs);
    },
    delete: async (selection, report, legs = {}) => {
      const keys = selectedKeys(selection);
      if (isThere(root, keys, report, legs.after)) await deleteSelection(root, keys, report, legs);
    },
    survivors: async function* (selection, { after } = {}) {
      yield* survivorsOf(root, selectedKeys(selection), after && toText(after));
    },
    describe: async () => describeFolder(root),
  };
}

/** Whether the source's folder exists; what is selected of one that is gone is reported as absent. */
function isThere(
  root: string,
  keys: readonly string[],
  report: (result: LiveResult) => void,
  after: Buffer | undefined,
): boolean {
  try {
    closeFolder(openRoot(root));
    return true;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const past = after && toText(after);
    for (const key of keys.filter((one) => !isPast(one, past)))
      report({ key: toBytes(key), result: 'absent', bytes: 0, verification: 'not-requested' });
    return false;
  }
}

/** What a report must state about a folder. */
function describeFolder(root: string): Record<string, string> {
  const folder = openRoot(root);
  try {
    const { fileSystem, kind, doubt } = mediumOf(folder);
    const native = libc() !== undefined;
    return {
      path: root,
      fileSystem,
      medium: kind,
      overwriteInPlace: doubt ?? 'can be read back from the medium',
      extendedAttributes: native ? 'looked for and reported, not backed up' : 'not looked for, not backed up',
      times: native ? 'restored to the nanosecond' : 'restored to the microsecond',
      links: hasProc() ? 'never followed' : 'never followed as the last part of a path',
      otherFileSystems: 'not entered',
    };
  } finally {
    closeFolder(folder);
  }
}

/** The folders that scan and open share; they stay open as long as somebody uses them. */
function sharedChain(root: string): { take(): FolderChain; release(): void } {
  let users = 0;
  let chain: FolderChain | undefined;
  return {
    take: () => {
      chain ??= new FolderChain(openRoot(root));
      users++;
      return chain;
    },
    release: () => {
      users--;
      if (users > 0) return;
      chain?.close();
      chain = undefined;
    },
  };
}
