/** A recovery point that a managed service (AWS Backup) holds. */
export interface ManagedRecoveryPoint {
  arn: string;
  resource: string;
  vault: string;
  createdAt: string;
  bytes: number;
  status: 'partial' | 'completed' | 'deleting' | 'expired';
}

/** Backups that a managed service takes for us: started, watched, restored and deleted by it. */
export interface ManagedBackup {
  start(request: { resource: string; name: string; deleteAfterDays: number }): Promise<{ jobId: string }>;
  describe(
    jobId: string,
  ): Promise<{ status: 'running' | 'completed' | 'failed'; recoveryPoint?: ManagedRecoveryPoint; reason?: string }>;
  list(resource: string): Promise<ManagedRecoveryPoint[]>;
  restore(recoveryPoint: string, target: string): Promise<{ jobId: string }>;
  /** Asks for deletion, then looks whether the point is gone; `gone: false` says why. */
  delete(recoveryPoint: string): Promise<{ gone: boolean; reason?: string }>;
}
