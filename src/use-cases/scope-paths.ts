import type { Deps } from '../deps.ts';
import { InvalidError, NotFoundError } from '../domain/errors.ts';
import type { Source } from '../domain/source.ts';
import { listSnapshots } from '../repository/chain.ts';
import { openSnapshot, type SnapshotReader } from '../repository/read-snapshot.ts';
import { relativePath } from './path-choice.ts';

/**
 * The paths of a case as its scope names them: relative to the source, a folder with `/` at its end. Each must name something
 * that is there, live or in a copy: a case about a mistyped path would erase nothing and certify it.
 *
 * @throws NotFoundError for a path that names nothing; InvalidError for the source itself
 */
export async function scopePaths(deps: Deps, source: Source, paths: readonly string[]): Promise<string[]> {
  // What AWS Backup protects cannot be looked into: such a path tells a person what to delete by hand.
  if (source.kind === 'aws-backup') return [...new Set(paths.map(partOf))].sort();
  const found: string[] = [];
  for (const path of paths) found.push(await keyOf(deps, source, path));
  return [...new Set(found)].sort();
}

function partOf(path: string): string {
  const plain = relativePath(path);
  if (plain !== '') return path.endsWith('/') ? `${plain}/` : plain;
  throw new InvalidError(`"${path}" is the whole source`, {
    hint: 'Leave --path out to open a case about the whole source.',
  });
}

async function keyOf(deps: Deps, source: Source, path: string): Promise<string> {
  const location = source.location.replace(/\/+$/, '');
  const inside = `${path}/`.startsWith(`${location}/`) ? path.slice(location.length) : path;
  const plain = relativePath(inside);
  if (plain === '') {
    throw new InvalidError(`"${path}" is the whole source`, {
      hint: 'Leave --path out to open a case about the whole source.',
    });
  }
  // A folder where one was asked for; otherwise whichever is there.
  const candidates = inside.endsWith('/') ? [`${plain}/`] : [plain, `${plain}/`];
  const key = (await inLiveData(deps, source, candidates)) ?? (await inCopies(deps, source, candidates));
  if (key !== undefined) return key;
  throw new NotFoundError(`neither source ${source.tenant}/${source.name} nor a copy of it holds ${path}`, {
    hint: `Paths are relative to the source. \`tenure ls latest --tenant ${source.tenant} --source ${source.name}\` shows what there is.`,
  });
}

async function inLiveData(deps: Deps, source: Source, candidates: readonly string[]): Promise<string | undefined> {
  const wanted = candidates.map((key) => Buffer.from(key));
  try {
    for await (const { key } of deps.sourceDriver(source).survivors({ keys: wanted })) {
      const found = wanted.find((each) => names(each, key));
      if (found !== undefined) return found.toString();
    }
  } catch (error) {
    // A source that is gone may still have copies.
    if (!(error instanceof NotFoundError)) throw error;
  }
  return undefined;
}

async function inCopies(
  deps: Deps,
  { tenant, name }: Source,
  candidates: readonly string[],
): Promise<string | undefined> {
  const newestFirst = (await listSnapshots(deps, { tenant, source: name })).reverse();
  for (const snapshot of newestFirst) {
    const reader = await openSnapshot(deps, snapshot);
    for (const key of candidates) if (await isIn(reader, Buffer.from(key))) return key;
  }
  return undefined;
}

/** A bucket has no folders of its own: what lies in one names it. */
function names(wanted: Buffer, key: Buffer): boolean {
  return wanted.equals(key) || (wanted.at(-1) === SLASH && wanted.equals(key.subarray(0, wanted.length)));
}

async function isIn(reader: SnapshotReader, key: Buffer): Promise<boolean> {
  if ((await reader.find(key)) !== undefined) return true;
  if (key.at(-1) !== SLASH) return false;
  for await (const batch of reader.entries({ prefix: key })) if (batch.length > 0) return true;
  return false;
}

const SLASH = 0x2f;
