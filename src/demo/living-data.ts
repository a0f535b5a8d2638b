import { appendFileSync, cpSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder } from './files-under.ts';

/** The files of a tenant, which change as real ones do. */
export interface LivingData {
  folder: string;
  /** Changes a few files as of this instant: one grows, one comes, one goes. Returns what was done, for the timeline. */
  change(at: string): string;
}

/** Copies a folder as a tenant's data; every file was last changed at `at`. */
export function livingData(from: string, folder: string, at: string): LivingData {
  cpSync(from, folder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules') && !path.includes('/.git'),
  });
  touchAll(folder, at);
  const next = generator(folder.length);
  let made = 0;
  return {
    folder,
    change(now) {
      const files = filesUnder(folder);
      const grown = files[next(files.length)];
      if (grown !== undefined) {
        appendFileSync(grown, `\nchanged at ${now}\n`);
        touch(grown, now);
      }
      const fresh = join(folder, 'notes', `note-${String(++made).padStart(3, '0')}.txt`);
      mkdirSync(join(folder, 'notes'), { recursive: true });
      writeFileSync(fresh, `A note of ${now}.\n${'It says something. '.repeat(next(200))}\n`);
      touch(fresh, now);
      const gone = made % 3 === 0 ? files[next(files.length)] : undefined;
      if (gone !== undefined) rmSync(gone);
      return `1 file changed, 1 new${gone === undefined ? '' : ', 1 removed'}`;
    },
  };
}

function touchAll(folder: string, at: string): void {
  for (const file of filesUnder(folder)) touch(file, at);
}

function touch(file: string, at: string): void {
  utimesSync(file, new Date(at), new Date(at));
}

/** Small numbers that come out the same each time, so that two demos tell the same story (Park and Miller, CACM 31(10), 1988). */
function generator(seed: number): (below: number) => number {
  let state = seed * 7919 + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return below === 0 ? 0 : state % below;
  };
}
