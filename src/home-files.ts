import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigFile, configText, homePaths } from './config.ts';
import { ConflictError, InvalidError, UnavailableError } from './domain/errors.ts';

/** Refuses a folder that is not fit for a new home. @throws ConflictError when it is a home already, or holds anything else */
export function assertFreeForHome(home: string): void {
  const found = contentOf(home);
  if (found.includes('tenure.yml')) {
    throw new ConflictError(`${home} is a home already`, {
      hint: '`tenure status` shows what is in it. Nothing was changed.',
    });
  }
  if (found.length > 0) {
    throw new ConflictError(`${home} is not empty: it holds ${found.slice(0, 3).join(', ')}`, {
      hint: 'Name a folder that is empty or does not exist. Nothing was changed.',
    });
  }
}

/**
 * Makes the folder of a new home (0700) with what is not yet there.
 *
 * @throws ConflictError when the folder is a home already, or holds anything else
 */
export function makeHomeFolder(home: string): void {
  assertFreeForHome(home);
  const { plans, outbox, scratch } = homePaths(home);
  for (const folder of [home, plans, outbox, scratch, join(home, 'keys')])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Empties the folder of a home that could not be made. It was empty before, so everything in it is ours. */
export function clearHomeFolder(home: string): void {
  for (const name of contentOf(home)) rmSync(join(home, name), { recursive: true, force: true });
}

/** Writes a plan into a home that is being made. */
export function writePlan(home: string, name: string, text: string): void {
  writeFileSync(join(homePaths(home).plans, `${name}.yml`), text, { mode: 0o600, flag: 'wx' });
}

/** Writes `tenure.yml`, whole or not at all: with it the folder is a home. */
export function writeConfig(home: string, config: ConfigFile): void {
  writeConfigText(home, configText(config));
}

/** The same with the text as it is to stand there. */
export function writeConfigText(home: string, text: string): void {
  const path = homePaths(home).config;
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

function contentOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') throw new InvalidError(`${folder} is not a folder`, { cause });
    throw new UnavailableError(`${folder} cannot be read: ${code}`, { cause });
  }
}
