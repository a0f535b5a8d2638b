import { InvalidError, NotFoundError } from '../../src/domain/errors.ts';
import type { ManagedBackup, ManagedRecoveryPoint, ManagedVault } from '../../src/ports/managed-backup.ts';

/** What goes wrong at the service, and how slow it is. */
export interface ManagedFaults {
  /** Looks at a job, a deletion or a clean-up before it has ended. */
  slowness: number;
  /** How jobs end. */
  jobs: 'completed' | 'partial' | 'failed';
  /** `says-so`: the answer is yes and nothing happens; `expired`: the same, and the point says EXPIRED. */
  deletions: 'works' | 'says-so' | 'expired';
  restores: 'works' | 'fails' | 'never' | 'impossible';
  cleanUps: 'works' | 'fails';
  /** A locked vault gives nothing back before this instant. */
  lockedUntil?: string;
}

interface Job {
  id: string;
  name: string;
  arn: string;
  looks: number;
}

interface Test {
  resource: string;
  point: string;
  looks: number;
  validated?: { ok: boolean; message: string };
  cleanLooks: number;
}

/** An AWS Backup in memory. */
export interface MemoryManagedBackup extends ManagedBackup {
  faults: ManagedFaults;
  rules: ManagedVault;
  points: Map<string, ManagedRecoveryPoint>;
  jobs: Map<string, Job>;
  tests: Map<string, Test>;
  /** What was said of restored points, by restore job. */
  verdicts: Map<string, { ok: boolean; message: string }>;
  /** Puts a point there that somebody else has made. */
  hold(point: Partial<ManagedRecoveryPoint> & { resource: string }): ManagedRecoveryPoint;
}

/** How long its restores take. */
const restoreMs = 5 * 60_000;

/** Jobs complete when they are first looked at, unless told otherwise. */
export function memoryManagedBackup(now: () => string = () => new Date().toISOString()): MemoryManagedBackup {
  let count = 0;
  const pointArn = () => `arn:aws:backup:eu-west-1:123456789012:recovery-point:${String(++count).padStart(8, '0')}`;
  const mine = (point: ManagedRecoveryPoint) => point.vault === managed.rules.name;
  const forget = (arn: string) => {
    managed.points.delete(arn);
    return { outcome: 'gone' as const };
  };
  const deletions = new Map<string, number>();
  const managed: MemoryManagedBackup = {
    faults: { slowness: 0, jobs: 'completed', deletions: 'works', restores: 'works', cleanUps: 'works' },
    rules: { name: 'tenure-test', locked: false },
    points: new Map(),
    jobs: new Map(),
    tests: new Map(),
    verdicts: new Map(),
    hold(point) {
      const held = {
        ...{ arn: pointArn(), vault: managed.rules.name, createdAt: now(), bytes: 1000 },
        ...{ status: 'completed' as const, continuous: false },
        ...point,
      };
      managed.points.set(held.arn, held);
      return held;
    },
    async verify(resource) {
      if (!/^arn:aws:[a-z0-9]+:/.test(resource)) {
        throw new InvalidError(`"${resource}" is not a resource that AWS Backup protects`, { hint: 'Name its ARN.' });
      }
    },
    vault: async () => ({ ...managed.rules }),
    async start({ resource, name, deleteAfterDays }) {
      const known = [...managed.jobs.values()].find((job) => job.name === name);
      if (known !== undefined) return { jobId: known.id };
      if (deleteAfterDays < (managed.rules.minRetentionDays ?? 1)) throw new InvalidError('the vault keeps for longer');
      const deleteAt = new Date(Date.parse(now()) + deleteAfterDays * 86_400_000).toISOString();
      const { arn } = managed.hold({ resource, status: 'creating', bytes: 0, deleteAt });
      const job = { id: `job-${++count}`, name, arn, looks: 0 };
      managed.jobs.set(job.id, job);
      return { jobId: job.id };
    },
    async describe(jobId) {
      const job = managed.jobs.get(jobId);
      if (job === undefined) throw new NotFoundError(`there is no job ${jobId}`);
      const point = managed.points.get(job.arn);
      if (point?.status === 'creating' && job.looks++ >= managed.faults.slowness) settle(point);
      const made = managed.points.get(job.arn);
      if (made === undefined) return { status: 'failed', reason: 'FAILED: the resource does not answer' };
      if (made.status === 'creating') return { status: 'running', recoveryPoint: { ...made } };
      const status = made.status === 'partial' ? ('partial' as const) : ('completed' as const);
      const reason = status === 'partial' ? { reason: 'PARTIAL: one volume of two' } : {};
      return { status, recoveryPoint: { ...made }, ...reason };
    },
    async list(resource) {
      const of = [...managed.points.values()].filter((point) => point.resource === resource);
      const running = [...managed.jobs.values()].filter(({ arn }) => managed.points.get(arn)?.status === 'creating');
      return {
        points: of.filter(mine).map((point) => ({ ...point })),
        elsewhere: of.filter((point) => !mine(point)).map((point) => ({ ...point })),
        running: running.filter(({ arn }) => of.some((point) => point.arn === arn)).map(({ id }) => id),
      };
    },
    async delete(arn) {
      const point = managed.points.get(arn);
      if (point === undefined || !mine(point)) return { outcome: 'gone' };
      if (point.status === 'creating') return { outcome: 'refused', reason: 'its backup job still runs' };
      const { lockedUntil: until } = managed.faults;
      if (until !== undefined && until > now()) return { outcome: 'refused', reason: 'the vault is locked', until };
      if (managed.faults.deletions === 'expired') point.status = 'expired';
      if (managed.faults.deletions !== 'works') {
        return { outcome: 'refused', reason: `it is said to be deleted and is still there (${point.status})` };
      }
      const looks = deletions.get(arn) ?? 0;
      deletions.set(arn, looks + 1);
      if (looks < managed.faults.slowness) {
        point.status = 'deleting';
        return { outcome: 'deleting' };
      }
      return point.continuous ? { ...forget(arn), note: 'released to the service behind it' } : forget(arn);
    },
    async startRestoreTest({ name, recoveryPoint, pick, withinDays }) {
      if (managed.tests.has(name)) return { outcome: 'started' };
      const point = managed.points.get(recoveryPoint);
      if (point === undefined || managed.faults.restores === 'impossible') {
        return { outcome: 'not-possible', reason: 'AWS restores no such thing for tests' };
      }
      const since = new Date(Date.parse(now()) - withinDays * 86_400_000).toISOString();
      const within = [...managed.points.values()]
        .filter(
          ({ resource, createdAt, status }) =>
            resource === point.resource && createdAt >= since && status === 'completed',
        )
        .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
      const chosen = pick === 'newest' ? within.at(-1) : within[0];
      managed.tests.set(name, { resource: point.resource, point: chosen?.arn ?? '', looks: 0, cleanLooks: 0 });
      return { outcome: 'started' };
    },
    async restoreTest(name) {
      const test = managed.tests.get(name);
      if (test === undefined) return { status: 'failed', reason: 'the plan is gone' };
      const known = { jobId: `restore-${name}`, recoveryPoint: test.point };
      if (managed.faults.restores === 'never') return { status: 'waiting' };
      if (test.looks++ < managed.faults.slowness) return { status: 'running', ...known };
      if (managed.faults.restores === 'fails') return { status: 'failed', ...known, reason: 'FAILED: no room' };
      const bytes = managed.points.get(test.point)?.bytes ?? 0;
      return { status: 'restored', ...known, restored: `${test.resource}-awsbackup`, bytes, durationMs: restoreMs };
    },
    async validateRestore(jobId, verdict) {
      managed.verdicts.set(jobId, verdict);
    },
    async endRestoreTest(name) {
      const test = managed.tests.get(name);
      if (test === undefined) return { outcome: 'clean' };
      if (test.cleanLooks++ < managed.faults.slowness) return { outcome: 'cleaning' };
      managed.tests.delete(name);
      return managed.faults.cleanUps === 'works'
        ? { outcome: 'clean' }
        : { outcome: 'left', reason: `${test.resource}-awsbackup is still there: it is protected` };
    },
  };
  function settle(point: ManagedRecoveryPoint): void {
    if (managed.faults.jobs === 'failed') managed.points.delete(point.arn);
    else {
      point.status = managed.faults.jobs;
      point.bytes = 1000;
    }
  }
  return managed;
}
