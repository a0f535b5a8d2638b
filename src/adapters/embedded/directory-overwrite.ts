import { closeSync } from 'node:fs';
import type { LiveOptions, LiveResult, OverwritePass } from '../../ports/source-driver.ts';
import { FolderChain, toBytes, toText } from './directory-folders.ts';
import { errorCode, libc } from './directory-libc.ts';
import { mediumOf } from './directory-medium.ts';
import { concludePass, type WrittenFile, writePass } from './directory-overwrite-file.ts';
import { openRoot } from './directory-root.ts';
import { hardLinkGroup, isPast, namesInside, type Selected, walkSelection } from './directory-selection.ts';
import { turn } from './directory-turn.ts';
import { reasonOf, type SeenEntry } from './directory-walk.ts';

type Report = (result: LiveResult) => void;
type Outcome = Omit<LiveResult, 'key'>;

/** Files that wait for one sync together, and their bytes: a sync per file would cost milliseconds each. */
const BATCH_FILES = 256;
const BATCH_BYTES = 128 * 1024 * 1024;
/** From how many files on one sync of the whole file system is the cheaper way. */
const SYNC_TOGETHER = 4;

/**
 * Writes one pass over every selected file, in place, and makes it durable; with `verify` it is read back around the page
 * cache and compared. Reported are files only: folders, links and special files have no content of their own.
 *
 * A file that has a name outside the selection is left as it is (`unlinked-only`: deleting takes the name away). Whether a
 * medium lets an overwrite be proven is judged per pass; a sparse file is one only before its first pass. A large file is
 * written in one go: only on a machine are there files to overwrite, and no step there has a deadline.
 */
export async function overwriteSelection(
  root: string,
  keys: readonly string[],
  pass: OverwritePass,
  report: Report,
  { after, goOn = () => true }: LiveOptions = {},
): Promise<void> {
  const chain = new FolderChain(openRoot(root));
  const past = after && toText(after);
  const overwriter = new Overwriter(chain, { keys, past }, pass, report);
  try {
    for (const seen of walkSelection(chain, keys)) {
      if (isPast(seen.key, past)) continue;
      // Between files only: what is begun is brought to its end.
      if ((await overwriter.visit(seen)) && !goOn()) break;
    }
    await overwriter.settle();
  } finally {
    overwriter.close();
    chain.close();
  }
}

class Overwriter {
  private readonly rootFd: number;
  private readonly pass: OverwritePass;
  private readonly report: Report;
  private readonly doubt: string | undefined;
  private readonly inside: Map<string, number>;
  /** Files with several names that this pass has written. */
  private readonly written: Set<string>;
  private readonly batch: (WrittenFile & { key: string })[] = [];
  private batchBytes = 0;

  constructor(
    chain: FolderChain,
    { keys, past }: { keys: readonly string[]; past: string | undefined },
    pass: OverwritePass,
    report: Report,
  ) {
    this.rootFd = chain.root.fd;
    this.pass = pass;
    this.report = report;
    this.doubt = mediumOf(chain.root).doubt;
    const inside = namesInside(chain, keys, past);
    this.inside = inside.names;
    this.written = inside.past;
  }

  /** False where there was nothing to do. */
  async visit(seen: Selected): Promise<boolean> {
    const waiting = this.batch.length;
    const outcome = seen.kind === 'entry' ? await this.visitEntry(seen) : notThere(seen);
    if (outcome !== undefined) this.tell(seen.key, outcome);
    const worked = outcome !== undefined || this.batch.length > waiting;
    if (this.batch.length >= BATCH_FILES || this.batchBytes >= BATCH_BYTES) await this.settle();
    return worked;
  }

  /** Brings what was written to the device and compares it. */
  async settle(): Promise<void> {
    const batch = this.batch.splice(0);
    this.batchBytes = 0;
    const synced = batch.length >= SYNC_TOGETHER && syncAll(this.rootFd);
    for (const file of batch) {
      this.tell(file.key, await guarded(() => concludePass(file, this.pass, this.doubt, synced)));
      closeSync(file.fd);
    }
    await turn();
  }

  /** Closes what an interrupted pass left open. */
  close(): void {
    for (const { fd } of this.batch.splice(0)) closeSync(fd);
  }

  /** The outcome, or undefined when there is nothing to tell (yet). */
  private async visitEntry({ key, name, folder, stat, mounted }: SeenEntry): Promise<Outcome | undefined> {
    if (mounted) return failure('something else is mounted here');
    if (stat.kind !== 'file') return undefined;
    const group = hardLinkGroup(stat);
    const names = Math.max(1, this.inside.get(group) ?? 0);
    if (stat.links > names) {
      return { ...nothing('unlinked-only'), note: 'it has further names outside the scope' };
    }
    if (this.written.has(group)) {
      return { ...nothing('overwritten'), note: 'another name of a file that was overwritten' };
    }
    return guarded(async () => {
      const file = await writePass(toBytes(folder.base + name), this.pass, names);
      this.batch.push({ key, ...file });
      this.batchBytes += file.before.size;
      if (file.before.links > 1) this.written.add(group);
      return undefined;
    });
  }

  private tell(key: string, outcome: Outcome): void {
    this.report({ key: toBytes(key), ...outcome });
  }
}

const nothing = (result: LiveResult['result']): Outcome => ({ result, bytes: 0, verification: 'not-requested' });
const failure = (note: string): Outcome => ({ result: 'failed', bytes: 0, verification: 'failed', note });

const notThere = (seen: Exclude<Selected, SeenEntry>): Outcome =>
  seen.kind === 'unreadable' ? failure(seen.reason) : nothing('absent');

async function guarded<T extends Outcome | undefined>(act: () => Promise<T>): Promise<T | Outcome> {
  try {
    return await act();
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? nothing('absent') : failure(reasonOf(error));
  }
}

/** One sync for all; false where that is not to be had, and each file is synced by itself. */
function syncAll(fd: number): boolean {
  try {
    libc()?.syncfs(fd);
    return libc() !== undefined;
  } catch {
    return false;
  }
}
