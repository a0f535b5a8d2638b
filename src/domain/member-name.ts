import { hash } from 'node:crypto';

/** What is put into an archive, as far as its name goes. */
export interface ArchivedObject {
  key: Buffer;
  /** A folder: its key ends in `/`. */
  folder: boolean;
}

/** A name that was changed ends like this, before what looks like an extension: no other name does. */
const marked = /~[0-9a-f]{16}(\.[A-Za-z0-9]{1,8})?$/;

/** Most bytes of a changed name's own part; file systems take 255 with the mark and the extension. */
const longestStem = 200;

/**
 * Makes what names the members of one archive. Keys are any bytes (a bucket takes `../../x` and `/etc/x`, Linux takes `..\x`), and readers of
 * archives are of any kind, so a name is a path of ordinary names below the archive: empty segments, `.` and `..` are left out;
 * control characters, backslashes, names of dots and blanks only and the colon of a drive are replaced by `_`. Where a segment
 * was changed it ends with a mark, 64 bits of a digest of what it was: so no two keys have one name, whatever else the archive holds.
 * Ordinary names, of any script, stay as they are.
 *
 * The names of objects given in key order (bytes) can be written side by side: where a bucket holds both `a` and `a/b`, or a link is in
 * the way, the folder gets a mark. Folders end in `/`.
 */
export function memberNamer(): (object: ArchivedObject) => string {
  /** Keys of objects that are no folders, with which the current one begins. */
  let above: string[] = [];
  return ({ key, folder }) => {
    const raw = key.toString('latin1');
    above = above.filter((each) => raw.startsWith(each));
    const taken = new Set(above.map(({ length }) => length));
    if (!folder) above.push(raw);
    const name = pathOf(folder ? raw.slice(0, -1) : raw, taken);
    return folder ? `${name}/` : name;
  };
}

/**
 * Whether a symbolic link leads nowhere outside of its archive, whatever other links of it are on the way: it climbs at its beginning only,
 * and no higher than the archive, from where links lead inside again.
 *
 * @param name of the link in the archive
 */
export function staysInside(name: string, target: Buffer): boolean {
  const text = target.toString('latin1');
  if (text === '' || text.startsWith('/')) return false;
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  const down = segments.findIndex((segment) => segment !== '..');
  const climbs = down === -1 ? segments.length : down;
  return climbs <= name.split('/').length - 1 && segments.slice(climbs).every(isOrdinary);
}

/** @param taken offsets at which a name ends that something else has */
function pathOf(raw: string, taken: ReadonlySet<number>): string {
  const path: string[] = [];
  // What is left out belongs to the segment that follows: `a//b` is not `a/b`.
  let group: string[] = [];
  let end = -1;
  for (const segment of raw.split('/')) {
    group.push(segment);
    end += 1 + segment.length;
    if (isLeftOut(segment)) continue;
    if (taken.has(end)) path.push(markedName(segment, `${group.join('/')}/`));
    else path.push(group.length === 1 && isOrdinary(segment) ? textOf(segment) : markedName(segment, group.join('/')));
    group = [];
  }
  return [...path, ...(group.length === 0 ? [] : [markedName('', group.join('/'))])].join('/');
}

function isLeftOut(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..';
}

function isOrdinary(segment: string): boolean {
  const text = textOf(segment);
  const isText = Buffer.from(text).toString('latin1') === segment;
  return isText && !isLeftOut(segment) && harmless(text) === text && !marked.test(text);
}

function markedName(segment: string, was: string): string {
  const [, stem = '', extension = ''] = /^(.+?)(\.[A-Za-z0-9]{1,8})?$/s.exec(harmless(textOf(segment))) ?? [];
  return `${shortened(stem)}~${hash('sha256', Buffer.from(was, 'latin1'), 'hex').slice(0, 16)}${extension}`;
}

/** Cut where a character ends. */
function shortened(stem: string): string {
  const bytes = Buffer.from(stem);
  return bytes.length <= longestStem
    ? stem
    : bytes
        .subarray(0, longestStem)
        .toString()
        .replace(/\uFFFD$/, '');
}

/** A segment without what some reader takes for more than a name. */
function harmless(text: string): string {
  // Windows takes blanks and dots off the end of a name: `.. ` is `..`.
  if (/^[. ]*$/.test(text)) return '_';
  return text.replace(/[\p{Cc}\\]/gu, '_').replace(/^([A-Za-z]):/, '$1_');
}

/** Text of a segment whose bytes are written as characters. */
function textOf(segment: string): string {
  return Buffer.from(segment, 'latin1').toString();
}
