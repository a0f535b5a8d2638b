/** A recovery point that a managed service (AWS Backup) holds. */
export interface ManagedRecoveryPoint {
  arn: string;
  resource: string;
  vault: string;
  /** ISO instant. */
  createdAt: string;
  bytes: number;
  /**
   * `creating`: its job still runs. `expired`: the service was to delete it and could not; it is there, and stays until somebody
   * deletes it. `available`: a continuous one that goes on.
   */
  status: 'creating' | 'completed' | 'partial' | 'available' | 'deleting' | 'expired';
  /** A continuous one: the service behind it (RDS, S3) keeps it up to date by itself. */
  continuous: boolean;
  /** From when the service deletes it by itself, where that is set. */
  deleteAt?: string;
}

/** A backup job. A `partial` one has made a point that lacks a part of the resource: it counts as failed, and its point as a copy. */
export interface ManagedJob {
  status: 'running' | 'completed' | 'partial' | 'failed';
  /** The point it makes or has made. */
  recoveryPoint?: ManagedRecoveryPoint;
  /** What the service says of it, where it says something. */
  reason?: string;
}

/** Everything that the service holds, or is about to hold, of one resource. */
export interface ManagedHoldings {
  /** In our vault, whoever has made them; oldest first. */
  points: ManagedRecoveryPoint[];
  /** In other vaults: not ours to delete, and reported. */
  elsewhere: ManagedRecoveryPoint[];
  /** Ids of backup jobs into our vault that have not ended: each is going to leave a point. */
  running: string[];
}

/** The vault, as far as its rules bind us. */
export interface ManagedVault {
  name: string;
  /** Nobody deletes a point of a locked vault before its time. */
  locked: boolean;
  /** The service refuses a backup that is to be kept for fewer or more days than these. */
  minRetentionDays?: number;
  maxRetentionDays?: number;
}

/** What came of asking for a deletion. */
export type ManagedDeletion =
  /** The service does not know it any more. `note` says what became of it besides: a continuous one that was released. */
  | { outcome: 'gone'; note?: string }
  /** Asked for and under way: ask again later. */
  | { outcome: 'deleting' }
  /** It is there and stays for now; `until`: from when it can go, where that is known. */
  | { outcome: 'refused'; reason: string; until?: string };

/** A restore that the service makes to test a point. */
export interface ManagedRestore {
  /** `waiting`: the service has not begun it yet. */
  status: 'waiting' | 'running' | 'restored' | 'failed';
  jobId?: string;
  /** The point that the service has chosen. */
  recoveryPoint?: string;
  /** ARN of what was restored; it is removed by the service after the validation. */
  restored?: string;
  bytes?: number;
  durationMs?: number;
  reason?: string;
}

/**
 * Backups that a managed service takes, keeps and restores for us. Everything is asynchronous there: a call that returns has
 * only been heard, and what counts is what `describe`, `list` and `delete` see later.
 *
 * - Absence: `describe` of an unknown job throws NotFoundError; `list` of a resource without points is empty; a point that is
 *   unknown is `gone`. A vault that does not exist is never taken for an empty one: every call throws NotFoundError then.
 * - Repetition: `start` and `startRestoreTest` with the same name start nothing twice and answer the same; `delete`,
 *   `validateRestore` and `endRestoreTest` may be repeated at any time.
 * - Faults: a service that does not answer is UnavailableError, a missing right BlockedError.
 */
export interface ManagedBackup {
  /** @throws InvalidError for a resource that can never be backed up; NotFoundError when the vault does not exist */
  verify(resource: string): Promise<void>;
  vault(): Promise<ManagedVault>;
  /**
   * Starts a backup of the resource into our vault.
   *
   * @param name of this backup: the same name is the same backup
   * @param deleteAfterDays after how many days the service deletes the point by itself, at least 1
   * @throws InvalidError when the service refuses the resource, or the vault this retention
   */
  start(request: { resource: string; name: string; deleteAfterDays: number }): Promise<{ jobId: string }>;
  describe(jobId: string): Promise<ManagedJob>;
  list(resource: string): Promise<ManagedHoldings>;
  /**
   * Asks for the deletion of a point in our vault, then looks whether it is gone. A continuous one that cannot be deleted is
   * released to the service behind it.
   */
  delete(recoveryPoint: string): Promise<ManagedDeletion>;
  /**
   * Has a point of the resource restored for a test, within hours: the newest, or one drawn at random among those of the last
   * `withinDays` days. The service chooses the point and says which it was.
   *
   * @param name of this test: `[a-z0-9_]{1,50}`
   * @param recoveryPoint any point of the resource that exists
   */
  startRestoreTest(request: {
    name: string;
    recoveryPoint: string;
    pick: 'newest' | 'random';
    withinDays: number;
  }): Promise<{ outcome: 'started' } | { outcome: 'not-possible'; reason: string }>;
  restoreTest(name: string): Promise<ManagedRestore>;
  /** Tells the service what we think of what it restored; it then begins to remove it. */
  validateRestore(jobId: string, verdict: { ok: boolean; message: string }): Promise<void>;
  /**
   * Ends a test once the service has removed what it restored. `cleaning`: not yet, ask again; `left`: it could not, and
   * somebody has to. Of an unknown test nothing is left: `clean`.
   */
  endRestoreTest(name: string): Promise<{ outcome: 'clean' | 'cleaning' } | { outcome: 'left'; reason: string }>;
}
