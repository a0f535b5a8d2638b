import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Compares two folders without any of the engine's code: names, types, modes, owners, times to the nanosecond, link targets,
 * contents. Returns the first difference, or how much was the same.
 */
export function sameTree(
  a: string,
  b: string,
): { same: true; objects: number; bytes: number } | { same: false; what: string } {
  let objects = 0;
  let bytes = 0;
  const queue = [''];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const [left, right] = [lstatSync(join(a, path), { bigint: true }), lstatSync(join(b, path), { bigint: true })];
    for (const field of ['mode', 'uid', 'gid', 'mtimeNs'] as const) {
      if (left[field] !== right[field])
        return { same: false, what: `${path}: ${field} ${left[field]} and ${right[field]}` };
    }
    if (left.isDirectory()) {
      const [names, others] = [readdirSync(join(a, path)).sort(), readdirSync(join(b, path)).sort()];
      if (names.join('/') !== others.join('/')) return { same: false, what: `${path}: other names` };
      queue.push(...names.map((name) => join(path, name)));
    } else if (left.isSymbolicLink()) {
      if (readlinkSync(join(a, path)) !== readlinkSync(join(b, path)))
        return { same: false, what: `${path}: other target` };
    } else {
      const content = readFileSync(join(a, path));
      if (!content.equals(readFileSync(join(b, path)))) return { same: false, what: `${path}: other content` };
      bytes += content.length;
    }
    objects++;
  }
  return { same: true, objects, bytes };
}
