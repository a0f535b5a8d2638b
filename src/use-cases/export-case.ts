import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { dayMs } from '../domain/calendar.ts';
import { type Case, isOver, isTooLate } from '../domain/case.ts';
import { BlockedError, ConflictError, UnavailableError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { rateWindows } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { type OpenedObject, openTree } from './download.ts';
import { chosenBy } from './scope-choice.ts';
import { sourcesInScope } from './send-case-mail.ts';

/** What a copy for the customer would hold now. */
export interface Exportable {
  /** Newest live copy of each source in the case's scope that has one, by the source's name. */
  copies: Snapshot[];
  /** Sources in the scope of which the repository holds none, for instance what AWS Backup protects. */
  without: string[];
}

/** Copies of one case within a day: each reads everything anew. */
const mostExports = 5;

/** A reader keeps a copy from being erased; one that reads forever must not keep the case from its end. */
const longestMs = 6 * 3600_000;

/** What can be exported of a case's scope; `undefined` once its erasure is under way or the case is over. */
export async function exportable(deps: Deps, value: Case): Promise<Exportable | undefined> {
  if (isOver(value) || isTooLate(value) || value.status === 'erasing') return undefined;
  const found: Exportable = { copies: [], without: [] };
  for (const { name } of await sourcesInScope(deps, value)) {
    const newest = await newestOf(deps, value, name);
    if (newest === undefined) found.without.push(name);
    else found.copies.push(newest);
  }
  return found;
}

/**
 * The data that a case is about, for whoever holds the link to its page: the newest live copy of each source, in a folder with the source's
 * name, and of it what lies in the scope. Every copy that is opened goes on record as downloaded by the customer.
 *
 * Why the link is enough: it came by mail to the contact on file, in the same mail as a code would come, so a code would prove nothing
 * more; and whoever has it may already confirm the erasure of the same data. What a link alone must not do is start a download:
 * programs that look into mails follow links. So it takes the form of the page that the link shows, sent from that page; and five
 * downloads a day, none longer than six hours, are the most that a link in wrong hands is good for.
 *
 * Repeatable; nothing changes but the record.
 *
 * @throws BlockedError once the erasure is under way, or where there is no copy; ConflictError when today's downloads are used up
 */
export async function exportCase(deps: Deps, value: Case): Promise<AsyncGenerator<OpenedObject>> {
  await allowExport(deps, value);
  return await exportedObjects(deps, value);
}

/** Whether one more export may be made today, which is counted. @throws as {@link exportCase} */
export async function allowExport(deps: Deps, value: Case): Promise<void> {
  await copiesToExport(deps, value);
  await countExport(deps, value);
}

/** The objects of an export that was allowed. @throws BlockedError */
export async function exportedObjects(deps: Deps, value: Case): Promise<AsyncGenerator<OpenedObject>> {
  return objectsOf(deps, value, await copiesToExport(deps, value));
}

async function copiesToExport(deps: Deps, value: Case): Promise<Snapshot[]> {
  const found = await exportable(deps, value);
  if (found !== undefined && found.copies.length > 0) return found.copies;
  throw new BlockedError(`there is nothing to export in case ${value.id}`, {
    hint: 'A copy is given out until the erasure begins, of sources that were backed up.',
  });
}

async function* objectsOf(deps: Deps, value: Case, copies: readonly Snapshot[]): AsyncGenerator<OpenedObject> {
  const until = deps.clock.wall() + longestMs;
  const wanted = chosenBy(value);
  for (const { source, id } of copies) {
    // A later copy may have taken its place while the sources before were read.
    const snapshot = (await newestOf(deps, value, source))?.id ?? id;
    const actor = { kind: 'customer', id: value.tenant } as const;
    const { objects } = await openTree.typed(deps, { snapshot, path: '', actor });
    for await (const { entry, content } of objects) {
      if (deps.clock.wall() > until) throw new UnavailableError(`the export of case ${value.id} took too long`);
      if (!wanted(entry.key)) continue;
      yield { entry: { ...entry, key: Buffer.concat([Buffer.from(`${source}/`), entry.key]) }, content };
    }
  }
}

async function newestOf(deps: Deps, { tenant }: Case, source: string): Promise<Snapshot | undefined> {
  return (await listSnapshots(deps, { tenant, source, status: 'live' })).at(-1);
}

/** Counts one export of the day. Two at the same moment are both counted. */
async function countExport(deps: Deps, { id }: Case): Promise<void> {
  const who = hash('sha256', `export:${id}`, 'hex').slice(0, 32);
  const window = Math.floor(deps.clock.wall() / dayMs) * (dayMs / 60_000);
  await untilUnchanged(async () => {
    const known = await rateWindows.read(deps.table, who);
    const used = known?.value.window === window ? known.value.used : 0;
    if (used >= mostExports) {
      throw new ConflictError(`case ${id} was exported ${used} times today`, { hint: 'Try again tomorrow.' });
    }
    await deps.table.transact([rateWindows.write({ who, window, used: used + 1 }, known?.version ?? 'absent')]);
  });
}
