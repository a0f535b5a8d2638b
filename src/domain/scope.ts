/**
 * What a case, a hold or an erasure is about: a whole tenant, one source of it, or some objects of one source.
 * A path is an object's key as text; a path that ends in `/` is a prefix and stands for everything below it.
 */
export type Scope =
  | { tenant: string; source?: never; paths?: never }
  | { tenant: string; source: string; paths?: never }
  | { tenant: string; source: string; paths: string[] };

/** Whether the scope is a whole tenant. */
export function isWholeTenant(scope: Scope): boolean {
  return scope.source === undefined;
}

/** Whether one path lies in another, or is the same. A prefix with an empty text is the whole source. */
function pathCovers(outer: string, inner: string): boolean {
  return outer === inner || ((outer.endsWith('/') || outer === '') && inner.startsWith(outer));
}

/**
 * Whether two scopes have anything in common. Doubtful cases count as overlapping, since a hold must never miss: a path
 * without `/` at its end may name a folder, so it also meets what lies below it.
 */
export function overlaps(a: Scope, b: Scope): boolean {
  if (a.tenant !== b.tenant) return false;
  if (a.source === undefined || b.source === undefined) return true;
  if (a.source !== b.source) return false;
  if (a.paths === undefined || b.paths === undefined) return true;
  const others = b.paths;
  return a.paths.some((path) => others.some((other) => pathsMeet(path, other)));
}

function pathsMeet(a: string, b: string): boolean {
  return pathCovers(a, b) || pathCovers(b, a) || pathCovers(`${a}/`, b) || pathCovers(`${b}/`, a);
}

/** Whether everything in `inner` also lies in `outer`. Doubtful cases do not: nobody erases more than was noticed. */
export function covers(outer: Scope, inner: Scope): boolean {
  if (outer.tenant !== inner.tenant) return false;
  if (outer.source === undefined) return true;
  if (outer.source !== inner.source) return false;
  const paths = outer.paths;
  if (paths === undefined) return true;
  if (inner.paths === undefined) return false;
  return inner.paths.every((path) => paths.some((whole) => pathCovers(whole, path)));
}

/** The scope in words for reasons and logs: `tenant acme`, `source acme/files`, `acme/files: a.txt, b/ (2 paths)`. */
export function describeScope(scope: Scope): string {
  if (scope.source === undefined) return `tenant ${scope.tenant}`;
  if (scope.paths === undefined) return `source ${scope.tenant}/${scope.source}`;
  const shown = scope.paths.slice(0, 3).join(', ');
  const more = scope.paths.length > 3 ? ', …' : '';
  return `${scope.tenant}/${scope.source}: ${shown}${more} (${scope.paths.length} ${scope.paths.length === 1 ? 'path' : 'paths'})`;
}
