import type { SnapshotTotals } from '../domain/snapshot.ts';
import type { ScanNotice, SourceDriver } from '../ports/source-driver.ts';
import type { Intent } from './chain-rows.ts';
import type { Repository } from './repository.ts';

/** Choices for one shard. */
export interface ShardOptions {
  /** Called now and then with what is done so far. */
  progress?: (done: { objects: number; bytes: number }) => void;
  /** Stops the work; what was written is cleared with the intent. */
  signal?: AbortSignal;
}

/** What a finished shard tells. */
export interface ShardResult {
  outcome: 'done';
  /** The first thousand notices. */
  notices: ScanNotice[];
  noticeCount: number;
  totals: SnapshotTotals;
}

/** Reads the source and writes what changed. */
export async function backUpShard(
  _repo: Repository,
  _intent: Intent,
  _driver: SourceDriver,
  _options: ShardOptions = {},
): Promise<ShardResult> {
  throw new Error('being written');
}
