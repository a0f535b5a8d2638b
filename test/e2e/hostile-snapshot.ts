import { openHome } from '../../src/embedded.ts';
import { backUpShard } from '../../src/repository/backup.ts';
import { commitBackup } from '../../src/repository/commit.ts';
import { beginBackup } from '../../src/repository/intent.ts';
import { memorySource } from '../repository/memory-source.ts';
import type { Home } from './program.ts';

/**
 * Stores a snapshot of `acme/files` whose entries try to get out of the folder that they are restored into, as somebody who
 * has the keys of a home could. Answers the keys that must be refused.
 */
export async function storeHostileSnapshot(home: Home, outside: string): Promise<string[]> {
  const source = memorySource();
  const hostile = [
    '../climbs.txt',
    '../../climbs.txt',
    'sub/../../climbs.txt',
    `${outside}/absolute.txt`,
    'a//b.txt',
    './dot.txt',
    'nul\0.txt',
    'link/through.txt',
  ];
  for (const key of hostile) source.file(key, 'harm');
  source.symlink('link', outside);
  source.file('good.txt', 'good');
  source.file('zz-last.txt', 'last');
  const { deps, close } = await openHome({ home: home.dir, actor: 'test', passphrase: () => undefined, mode: 'act' });
  try {
    const request = { tenant: 'acme', source: 'files', cadence: 'manual', planDigest: 'none', run: 'hostile' } as const;
    const begun = await beginBackup(deps, { ...request, takenAt: deps.clock.now() });
    if (begun.outcome === 'busy') throw new Error('the source is busy');
    await backUpShard(deps, begun.intent, source.driver);
    await commitBackup(deps, begun.intent, {});
  } finally {
    await close();
  }
  return hostile;
}
