import { hash } from 'node:crypto';
import type { Cadence } from './snapshot.ts';

/** A recovery point that AWS Backup holds for a source, as the catalog knows it. A point that is gone has no record. */
export interface ManagedPoint {
  arn: string;
  tenant: string;
  source: string;
  /** The run that asked for it. */
  run: string;
  cadence: Cadence;
  jobId: string;
  vault: string;
  takenAt: string;
  /** When AWS Backup deletes it by itself, if nobody does before. */
  expiresAt?: string;
  /** Plan version at the time. */
  planDigest: string;
  bytes: number;
  /** `partial`: it lacks a part of the resource; it is a copy that has to go in time, and not the one that was promised. */
  status: 'live' | 'partial' | 'condemned';
  /** Why it goes. */
  condemnedFor?: string;
}

/** How a job of AWS Backup stands, as its events told. */
export interface ManagedJobState {
  jobId: string;
  tenant: string;
  source: string;
  status: 'running' | 'completed' | 'partial' | 'failed';
  recoveryPoint?: string;
  reason?: string;
  at: string;
}

/** Name of a point in the ledger, which holds no names: ARNs of some services hold that of the resource. */
export function pointName(arn: string): string {
  return `rp-${hash('sha256', arn, 'hex').slice(0, 32)}`;
}

/**
 * After how many days AWS Backup deletes a point by itself: one fewer than the plan's cap, since its deletions come hours
 * late. It takes no fewer than one.
 */
export function deleteAfterDays(retentionDays: number): number {
  return Math.max(1, retentionDays - 1);
}

/**
 * Why the rules of a vault contradict a plan, if they do: a vault that keeps copies for longer than the plan allows breaks the
 * promise, and one that keeps them for less refuses every backup.
 */
export function vaultObjection(
  vault: { name: string; minRetentionDays?: number; maxRetentionDays?: number },
  retentionDays: number,
): string | undefined {
  const { name, minRetentionDays: least, maxRetentionDays: most } = vault;
  const days = deleteAfterDays(retentionDays);
  if (least !== undefined && least > days) {
    return `vault ${name} keeps every copy for at least ${least} days, and the plan allows ${retentionDays}`;
  }
  if (most !== undefined && most < days) {
    return `vault ${name} keeps no copy for more than ${most} days, and the plan asks for ${days}`;
  }
  return undefined;
}

/** What a restore by AWS Backup gave. */
export interface ManagedRestoreOutcome {
  restored: boolean;
  /** Why it was not restored. */
  errors: readonly string[];
  /** It was tried and failed there: the copy is at fault, and not the test. */
  failed: boolean;
  durationMs: number;
  /** The plan's recovery-time objective. */
  objectiveMinutes: number;
  validator?: { ok: boolean; output: string };
}

/**
 * Judges a restore by AWS Backup. Tenure does not compare objects there: it passes when the service restored the point in time,
 * and the plan's validator, if any, agreed with what it saw.
 */
export function managedRestoreVerdict({
  restored,
  errors,
  failed,
  durationMs,
  objectiveMinutes,
  validator,
}: ManagedRestoreOutcome): { verdict: 'passed' | 'failed' | 'not-tested'; reasons: string[] } {
  if (!restored) {
    const reasons = errors.length > 0 ? [...errors] : ['AWS Backup did not restore it'];
    return { verdict: failed ? 'failed' : 'not-tested', reasons };
  }
  const minutes = Math.ceil(durationMs / 60_000);
  const problems = [...errors];
  if (durationMs > objectiveMinutes * 60_000) {
    problems.push(`took ${minutes} minutes, over the recovery-time objective of ${objectiveMinutes}`);
  }
  if (validator?.ok === false) problems.push(`the validator refused it: ${validator.output.trim() || 'no output'}`);
  if (problems.length > 0) return { verdict: 'failed', reasons: problems };
  return {
    verdict: 'passed',
    reasons: [
      'AWS Backup restored it',
      `took ${minutes} of at most ${objectiveMinutes} minutes`,
      validator === undefined ? 'its content was not looked at: the plan has no validator' : 'the validator agreed',
    ],
  };
}
