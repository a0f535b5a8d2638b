import { InvalidError } from '../../domain/errors.ts';
import type { OpenedSource, ScanBatch, SourceDriver, SourceEntry } from '../../ports/source-driver.ts';
import { FolderChain, toText } from './directory-folders.ts';
import { openSourceFile } from './directory-open.ts';
import { readOwners } from './directory-owners.ts';
import { openRoot, rootText, verifyRoot } from './directory-root.ts';
import { scanFolder } from './directory-scan.ts';

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
      yield* scanFolder(rootText(root), chain.root, owners, after);
    } finally {
      shared.release();
    }
  }

  return {
    capabilities: { restore: true, overwrite: false, delete: false, sweep: false },
    verify: async () => verifyRoot(root, options.forbidden ?? []),
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
    overwrite: async () => cannot(),
    delete: async () => cannot(),
    // biome-ignore lint/correctness/useYield: refuses
    survivors: async function* () {
      cannot();
    },
    describe: async () => ({}),
  };
}

function cannot(): void {
  throw new InvalidError('This driver only reads.', { hint: 'Delete the data by hand and attest it.' });
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
