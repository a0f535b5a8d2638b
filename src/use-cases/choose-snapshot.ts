import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { endOfDay, isCalendarDay, parseInstant } from '../domain/calendar.ts';
import { InvalidError, NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { tenants } from '../records.ts';
import { getSnapshot, listSnapshots } from '../repository/chain.ts';
import { requireScope } from './require-scope.ts';

/** How somebody names a copy: by id, its beginning, `latest`, or the time that it should show. */
export const snapshotChoice = {
  /** Id, a unique beginning of one (four digits or more), or `latest`. */
  snapshot: z.string().optional(),
  tenant: z.string().optional(),
  source: z.string().optional(),
  /** An instant, or a calendar day of the tenant's, which means its end: the newest copy taken until then. */
  at: z.string().optional(),
};

/** What {@link chooseSnapshot} takes. */
export type SnapshotChoice = z.output<z.ZodObject<typeof snapshotChoice>>;

/**
 * The live copy that somebody means.
 *
 * @throws InvalidError when the choice names no copy, or copies of several sources; NotFoundError when there is none
 */
export async function chooseSnapshot(deps: Deps, choice: SnapshotChoice): Promise<Snapshot> {
  const { snapshot, tenant, source, at } = choice;
  await requireScope(deps, { tenant, source });
  if (snapshot === undefined && at === undefined) {
    throw new InvalidError('no copy is named', {
      hint: 'Name one by its id, say `latest`, or give --at TIME with --tenant and --source.',
    });
  }
  if (snapshot !== undefined && at !== undefined) {
    throw new InvalidError('a copy is named by its id or by a time, not by both', {
      hint: 'Leave out one of the two.',
    });
  }
  return snapshot === undefined || snapshot === 'latest'
    ? await newest(deps, choice)
    : await named(deps, snapshot, choice);
}

async function named(deps: Deps, id: string, { tenant, source }: SnapshotChoice): Promise<Snapshot> {
  if (id.startsWith('arn:')) {
    throw new InvalidError(`${id} is a recovery point that AWS Backup holds`, {
      hint: 'Restore it in the console or with the command line of AWS Backup; Tenure does not see into it.',
    });
  }
  const found = await getSnapshot(deps, id);
  if ((tenant !== undefined && found.tenant !== tenant) || (source !== undefined && found.source !== source)) {
    throw new NotFoundError(
      `snapshot ${found.id} is not of ${tenant ?? 'any tenant'}/${source ?? 'any source'}, but of ${found.tenant}/${found.source}`,
      {
        hint: 'Leave out --tenant and --source, or look at `tenure snapshots`.',
      },
    );
  }
  if (found.status !== 'live') {
    throw new NotFoundError(`snapshot ${found.id} was erased: its key is destroyed or about to be`, {
      hint: '`tenure snapshots` lists those that live.',
    });
  }
  return found;
}

async function newest(deps: Deps, { tenant, source, at }: SnapshotChoice): Promise<Snapshot> {
  const live = await listSnapshots(deps, {
    ...(tenant === undefined ? {} : { tenant }),
    ...(source === undefined ? {} : { source }),
  });
  const names = [...new Set(live.map((snapshot) => `${snapshot.tenant}/${snapshot.source}`))];
  if (names.length > 1) {
    throw new InvalidError(
      `several sources have copies: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`,
      {
        hint: 'Say which with --tenant and --source.',
      },
    );
  }
  const until = at === undefined ? undefined : await instantOf(deps, live[0]?.tenant ?? tenant, at);
  const chosen = live
    .filter((snapshot) => until === undefined || snapshot.takenAt <= until)
    .sort(byTime)
    .at(-1);
  if (chosen !== undefined) return chosen;
  const oldest = [...live].sort(byTime)[0];
  if (oldest === undefined) throw new NotFoundError('there is no copy yet', { hint: '`tenure run backup` makes one.' });
  throw new NotFoundError(`no copy was taken until ${until}`, {
    hint: `The oldest of ${names[0]} is ${oldest.id}, taken at ${oldest.takenAt}.`,
  });
}

function byTime(a: Snapshot, b: Snapshot): number {
  return a.takenAt === b.takenAt ? a.seq - b.seq : a.takenAt < b.takenAt ? -1 : 1;
}

/** A day means its end: whoever names a day wants to see what it left. */
async function instantOf(deps: Deps, tenant: string | undefined, at: string): Promise<string> {
  if (!isCalendarDay(at)) return parseInstant(at);
  const timezone = tenant === undefined ? undefined : (await tenants.read(deps.table, tenant))?.value.timezone;
  return endOfDay(at, timezone ?? 'UTC');
}
