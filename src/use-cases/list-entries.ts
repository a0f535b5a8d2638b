import { z } from 'zod';
import { NotFoundError } from '../domain/errors.ts';
import type { Entry } from '../repository/model.ts';
import { openSnapshot } from '../repository/read-snapshot.ts';
import { useCase } from '../use-case.ts';
import { chooseSnapshot, snapshotChoice } from './choose-snapshot.ts';
import { listedEntry } from './listed-entry.ts';
import { relativePath } from './path-choice.ts';

const input = z.object({
  ...snapshotChoice,
  path: z.string().default(''),
  /** Everything below, not only what lies in the folder itself. */
  recursive: z.boolean().default(false),
});

/** What lies in a folder of a copy, or the one object that the path names. */
export const listEntries = useCase(input, async (deps, { path, recursive, ...choice }) => {
  const snapshot = await chooseSnapshot(deps, choice);
  const reader = await openSnapshot(deps, snapshot);
  const wanted = Buffer.from(relativePath(path));
  const folder = wanted.length === 0 ? wanted : Buffer.concat([wanted, Buffer.from('/')]);
  const found: Entry[] = [];
  let exists = wanted.length === 0;
  for await (const batch of reader.entries({ prefix: wanted })) {
    for (const entry of batch) {
      if (entry.key.equals(wanted) && wanted.length > 0) found.push(entry);
      if (entry.key.equals(folder)) exists = true;
      else if (isBelow(entry.key, folder, recursive)) found.push(entry);
    }
  }
  if (!exists && found.length === 0) {
    throw new NotFoundError(`snapshot ${snapshot.id} holds no ${relativePath(path)}`, {
      hint: `\`tenure ls ${snapshot.id}\` shows what it holds; paths are relative to the source.`,
    });
  }
  const { id, tenant, source, takenAt } = snapshot;
  return { snapshot: { id, tenant, source, takenAt }, entries: found.map(listedEntry) };
});

function isBelow(key: Buffer, folder: Buffer, recursive: boolean): boolean {
  if (key.length <= folder.length || !key.subarray(0, folder.length).equals(folder)) return false;
  const slash = key.indexOf(0x2f, folder.length);
  return recursive || slash === -1 || slash === key.length - 1;
}
