import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { OpenRestore } from '../domain/open-restore.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { RestoreTarget } from '../ports/source-driver.ts';
import { sources } from '../records.ts';
import { type RestoreProgress, type RestoreReport, restoreSnapshot } from '../repository/restore.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { chooseSnapshot, snapshotChoice } from './choose-snapshot.ts';
import { type ErasedPaths, erasuresToReplay } from './erasures-to-replay.ts';
import { paceOf } from './legs.ts';
import { endRestore, interruptedRestore, mergeDamage, recordRestore, saveProgress } from './open-restore.ts';
import { chooseKeys, type KeyFilter } from './path-choice.ts';

/** How often progress is made durable, in milliseconds of the machine's clock: what a killed restore does again at most. */
const savedEveryMs = 5000;

const input = z.object({
  ...snapshotChoice,
  /** Folder that the source's tree is written into, directly. */
  to: z.string().min(1),
  /** Patterns; see `chooseKeys`. */
  include: z.array(z.string()).default([]),
  /** Paths in the source; absolute ones may also lie below its location. */
  paths: z.array(z.string()).default([]),
  /** Write into a folder that holds something, or over a source. */
  force: z.boolean().default(false),
  /** Name under which the restore goes on, whichever process carries it out; default: this process alone goes on with it. */
  claim: z.string().optional(),
  actor: actorInput,
});

/** What a restore did. */
export interface RestoreOutcome extends Omit<RestoreReport, 'notices'> {
  snapshot: Pick<Snapshot, 'id' | 'tenant' | 'source' | 'takenAt'>;
  folder: string;
  /** It went on where an earlier try was interrupted. */
  resumed: boolean;
  /** What stayed away since cases have erased it. */
  erased: { case: string; objects: number }[];
  notices: { key: string; reason: string }[];
  /** The time was not enough: the same call goes on. */
  stopped?: true;
}

/**
 * Restores a copy, or what is chosen of it, into a folder. What is damaged is reported and the rest restores. An interrupted
 * restore goes on when the same is asked again. What cases have erased stays erased.
 */
export const restoreFiles = useCase(
  input,
  async (deps, { to, include, paths, force, claim, actor, ...choice }): Promise<RestoreOutcome> => {
    const snapshot = await chooseSnapshot(deps, choice);
    const erased = await erasuresToReplay(deps, snapshot);
    const chosen = { include, paths: await pathsInSource(deps, snapshot, paths) };
    const folder = await deps.restoreFolder(to, { apartFrom: force ? [] : await liveFolders(deps) });
    const wanted = {
      snapshot,
      folder,
      chosen: [chosen, erased.map((one) => one.case)],
      force,
      actor,
      holder: claim ?? deps.holder,
    };
    const before = await interruptedRestore(deps, wanted);
    const target = await folder.open({ force: force || before !== undefined });
    const skipped = new Map<string, number>();
    const filter = withoutErased(chooseKeys({ globs: include, paths: chosen.paths }), erased, skipped);
    try {
      const restore = await recordRestore(deps, wanted, before);
      const report = await restoreKeeping(deps, restore, snapshot, target, filter);
      await target.sync();
      const { id, tenant, source, takenAt } = snapshot;
      const about = { snapshot: { id, tenant, source, takenAt }, folder: folder.path, resumed: before !== undefined };
      if (report.stoppedAt !== undefined) return { ...report, ...about, erased: [], notices: [], stopped: true };
      for (const late of await beganMeanwhile(deps, snapshot, erased)) {
        skipped.set(late.case, await folder.remove(late.paths.map((path) => Buffer.from(path))));
      }
      const damaged = mergeDamage(restore, report.damaged);
      await endRestore(deps, restore, actor, damaged.length);
      if (report.objects === 0 && damaged.length === 0 && include.length + paths.length > 0)
        throw nothingChosen(snapshot, skipped);
      return {
        ...report,
        ...about,
        damaged,
        damagedCount: Math.max(damaged.length, report.damagedCount),
        erased: [...skipped].map(([name, objects]) => ({ case: name, objects })),
        notices: report.notices.map(({ key, reason }) => ({ key: key.toString(), reason })),
      };
    } finally {
      await target.close();
    }
  },
);

/** Restores, and remembers now and then how far it is, also when it fails. */
async function restoreKeeping(
  deps: Deps,
  restore: OpenRestore,
  snapshot: Snapshot,
  target: RestoreTarget,
  include: KeyFilter,
): Promise<RestoreReport> {
  let savedAt = deps.clock.wall();
  let last: RestoreProgress | undefined;
  const what = `restoring ${snapshot.tenant}/${snapshot.source} ${snapshot.id}`;
  const pace = paceOf(deps);
  try {
    const report = await restoreSnapshot(deps, snapshot, target, {
      include,
      // Within a part nothing is remembered: each call ends one part at least.
      goOn: () => last === undefined || last.part <= restore.part || pace.goOn(),
      resumeAfterPart: restore.part,
      progress: async (done) => {
        deps.progress({ what, objects: done.objects, bytes: done.bytes, of: snapshot.totals.objects });
        last = done;
        if (deps.clock.wall() - savedAt < savedEveryMs) return;
        await target.sync();
        await saveProgress(deps, restore, done);
        savedAt = deps.clock.wall();
      },
    });
    if (report.stoppedAt === undefined || last === undefined) return report;
    await target.sync();
    await saveProgress(deps, restore, last);
    return report;
  } catch (error) {
    if (last !== undefined) await saveWhatCan(deps, restore, target, last);
    throw error;
  }
}

/** The fault that ended the restore is what counts; that its progress could not be kept only costs time. */
async function saveWhatCan(
  deps: Deps,
  restore: OpenRestore,
  target: RestoreTarget,
  last: RestoreProgress,
): Promise<void> {
  try {
    await target.sync();
    await saveProgress(deps, restore, last);
  } catch {
    // See above.
  }
}

function withoutErased(chosen: KeyFilter, erased: readonly ErasedPaths[], skipped: Map<string, number>): KeyFilter {
  return (key) => {
    if (!chosen(key)) return false;
    const by = erased.find((one) => one.covers(key));
    if (by !== undefined) skipped.set(by.case, (skipped.get(by.case) ?? 0) + 1);
    return by === undefined;
  };
}

async function beganMeanwhile(deps: Deps, snapshot: Snapshot, before: readonly ErasedPaths[]): Promise<ErasedPaths[]> {
  const known = new Set(before.map((one) => one.case));
  return (await erasuresToReplay(deps, snapshot)).filter((one) => !known.has(one.case));
}

/** `/srv/acme/a.txt` of a source at `/srv/acme` is its `a.txt`. */
async function pathsInSource(deps: Deps, { tenant, source }: Snapshot, paths: readonly string[]): Promise<string[]> {
  const location = (await sources.read(deps.table, tenant, source))?.value.location.replace(/\/+$/, '');
  return paths.map((path) =>
    location !== undefined && `${path}/`.startsWith(`${location}/`) ? path.slice(location.length) : path,
  );
}

/** Folders and prefixes of all sources, removed ones included: data lie there. */
async function liveFolders(deps: Deps): Promise<string[]> {
  const all = (await sources.all(deps.table)).map((stored) => stored.value);
  return all
    .filter((source) => source.kind !== 'aws-backup' && source.status !== 'erased')
    .map((source) => source.location);
}

function nothingChosen(snapshot: Snapshot, skipped: ReadonlyMap<string, number>): NotFoundError {
  const erased = [...skipped.keys()].join(', ');
  return new NotFoundError(
    `nothing of what is chosen is in snapshot ${snapshot.id}${erased === '' ? '' : `, apart from what was erased by ${erased}`}`,
    {
      hint: `\`tenure ls ${snapshot.id}\` shows what it holds; paths are relative to the source.`,
    },
  );
}
