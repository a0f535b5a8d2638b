import type { SourceDriver } from '../ports/source-driver.ts';
import { readChain } from './chain.ts';
import type { Intent } from './chain-rows.ts';
import type { Repository } from './repository.ts';

/**
 * What one step copies besides planning: read one after the other from a distant store (some 30 ms each), so many objects take
 * two and a half minutes and so many bytes one, should all of them have changed.
 */
const small = { objects: 5_000, bytes: 1024 ** 3 };

/**
 * Whether a source is so small that planning and fanning out would cost more than copying it: by what its parent holds, for a
 * first backup by the beginning of its listing.
 *
 * @throws NotFoundError when the source is gone
 */
export async function isSmallSource(repo: Repository, intent: Intent, driver: SourceDriver): Promise<boolean> {
  if (intent.parent !== undefined) {
    const { snapshots } = await readChain(repo, intent.tenant, intent.source);
    const parent = snapshots.find(({ record }) => record.id === intent.parent);
    if (parent) return parent.record.totals.objects <= small.objects && parent.record.totals.bytes <= small.bytes;
  }
  let [objects, bytes] = [0, 0];
  for await (const { entries } of driver.scan()) {
    objects += entries.length;
    for (const { size } of entries) bytes += size;
    if (objects > small.objects || bytes > small.bytes) return false;
  }
  return true;
}
