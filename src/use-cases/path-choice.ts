import picomatch from 'picomatch';
import { InvalidError } from '../domain/errors.ts';

/** Says of a key whether it is chosen. A directory's key ends in `/`; the source's own folder is the empty key. */
export type KeyFilter = (key: Buffer) => boolean;

// `s`: a name may hold a line break, and `**` passes over it too.
const options: picomatch.PicomatchOptions = { dot: true, flags: 's' };

/**
 * A pattern as shells know them (`*`, `**`, `?`, `[a-z]`, `{a,b}`), relative to the source. Without a `/` it is about names
 * in any folder; with one, about the whole path. Names that are not UTF-8 are matched with `�` for what cannot be read.
 *
 * @throws InvalidError for a pattern that is empty or cannot be read
 */
export function matchGlob(pattern: string): KeyFilter {
  const glob = anchored(pattern);
  const matches = compile(pattern, [glob]);
  return (key) => key.length > 0 && matches(textOf(key));
}

/**
 * What `--include` and `--path` choose: an object that a pattern or path names, and everything below a folder that it names.
 * Nothing named: everything.
 */
export function chooseKeys({
  globs = [],
  paths = [],
}: {
  globs?: readonly string[] | undefined;
  paths?: readonly string[] | undefined;
}): KeyFilter {
  if (globs.length === 0 && paths.length === 0) return () => true;
  const matchers = globs.map((pattern) => compile(pattern, [anchored(pattern), `${anchored(pattern)}/**`]));
  const prefixes = paths.map((path) => Buffer.from(`${relativePath(path)}/`));
  if (prefixes.some((prefix) => prefix.length === 1)) return () => true;
  return (key) => {
    if (prefixes.some((prefix) => startsWith(key, prefix) || key.equals(prefix.subarray(0, -1)))) return true;
    return key.length > 0 && matchers.length > 0 && matchers.some((matches) => matches(textOf(key)));
  };
}

/** A path as people write it, relative to the source: without `./` or `/` in front and without `/` at the end. */
export function relativePath(path: string): string {
  return path.replace(/^(?:\.?\/+)+|^\.$/, '').replace(/\/+$/, '');
}

function anchored(pattern: string): string {
  const plain = relativePath(pattern);
  return plain.includes('/') || pattern.startsWith('/') || pattern.startsWith('./') ? plain : `**/${plain}`;
}

function compile(pattern: string, globs: string[]): (text: string) => boolean {
  if (relativePath(pattern) === '')
    throw new InvalidError('a pattern is empty', { hint: 'Write one like "*.pdf" or "reports/**".' });
  try {
    return picomatch(globs, options);
  } catch (cause) {
    throw new InvalidError(`"${pattern}" is no pattern`, { hint: 'Write one like "*.pdf" or "reports/**".', cause });
  }
}

function startsWith(key: Buffer, prefix: Buffer): boolean {
  return key.length >= prefix.length && key.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}

function textOf(key: Buffer): string {
  return (key.at(-1) === 0x2f ? key.subarray(0, -1) : key).toString('utf8');
}
