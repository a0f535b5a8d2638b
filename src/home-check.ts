import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Config, homePaths } from './config.ts';
import type { Examined } from './use-cases/examine.ts';

/** Looks at the files of a home: what nobody else may read, and what should not lie on one disk. Changes nothing. */
export function checkHomeFiles(home: string, config: Config): Examined[] {
  const { config: file, catalog, plans, outbox, scratch } = homePaths(home);
  const { replicas, master } = config.keys;
  const secret = [
    home,
    file,
    catalog,
    outbox,
    scratch,
    ...replicas,
    ...(master === 'passphrase' ? [] : [master.keyFile]),
  ];
  const found = [
    ...[home, plans, config.repository, config.evidence].flatMap((path) => missing(home, path)),
    ...(master === 'passphrase' ? [] : missing(home, master.keyFile)),
    ...secret.flatMap((path) => readableByOthers(home, path)),
    ...replicas.flatMap((replica) => filesBelow(replica).flatMap((path) => readableByOthers(home, path))).slice(0, 20),
  ];
  return [
    ...(found.length > 0 ? found : [{ check: 'files', status: 'ok' as const, message: 'all there, and private' }]),
    ...oneDisk(config),
    ...(config.mail.transport === 'outbox' ? [mailStays(outbox)] : []),
  ];
}

function missing(home: string, path: string): Examined[] {
  if (statOf(path) !== undefined) return [];
  const mend = 'Mount it or put it back. An empty one in its place would make Tenure believe that everything is gone.';
  return [{ check: 'files', status: 'wrong', message: `${shown(home, path)} is missing`, mend }];
}

function readableByOthers(home: string, path: string): Examined[] {
  const stat = statOf(path);
  if (stat === undefined || (stat.mode & 0o077) === 0) return [];
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  const mend = `chmod ${stat.isDirectory() ? '700' : '600'} ${path}`;
  return [
    { check: 'files', status: 'wrong', message: `${shown(home, path)} has mode ${mode}: others can read it`, mend },
  ];
}

/** Two replicas on one disk are lost together. */
function oneDisk({ keys: { replicas } }: Config): Examined[] {
  const devices = replicas.map((replica) => statOf(replica)?.dev);
  if (replicas.length < 2 || new Set(devices).size > 1) return [];
  const mend = 'Move one of them to another disk and name it in tenure.yml under keys.replicas.';
  return [{ check: 'key replicas', status: 'warning', message: 'all replicas lie on one disk', mend }];
}

function mailStays(outbox: string): Examined {
  const waiting = filesBelow(outbox).filter((path) => path.endsWith('.eml')).length;
  const mend = 'Name a server in tenure.yml: mail.transport: smtp://user:password@host:587.';
  return {
    check: 'mail',
    status: 'warning',
    message: `mails are put into the outbox and not sent (${waiting} lie there)`,
    mend,
  };
}

function filesBelow(folder: string): string[] {
  if (statOf(folder) === undefined) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function statOf(path: string) {
  return statSync(path, { throwIfNoEntry: false });
}

function shown(home: string, path: string): string {
  const inside = relative(home, path);
  return inside === '' || inside.startsWith('..') ? path : inside;
}
