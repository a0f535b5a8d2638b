import { readFileSync } from 'node:fs';

/** Names of users and groups. Empty where the number has none in the machine's own files. */
export interface Owners {
  user(uid: number): string;
  group(gid: number): string;
}

/** Reads `/etc/passwd` and `/etc/group` once (directories of other services, as LDAP, are not asked). */
export function readOwners(): Owners {
  const users = namesById('/etc/passwd');
  const groups = namesById('/etc/group');
  return { user: (uid) => users.get(uid) ?? '', group: (gid) => groups.get(gid) ?? '' };
}

/** Lines are `name:password:id:…` in both files (passwd(5), group(5)); the first name of an id counts. */
function namesById(file: string): Map<number, string> {
  const names = new Map<number, string>();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return names;
  }
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name === undefined || id === undefined || !/^\d+$/.test(id)) continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
