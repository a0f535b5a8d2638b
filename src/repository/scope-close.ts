import type { Write } from '../ports/table.ts';
import { listChains, readChain, type SourceScope } from './chain.ts';
import { putRecord, putSnapshot, rowKeys, unchanged } from './chain-rows.ts';
import { abortWrites } from './intent.ts';
import { readPins } from './pins.ts';
import { type Busy, type Repository, untilUnchanged } from './repository.ts';

/** A whole tenant, or one source of it. */
export interface DropScope {
  tenant: string;
  source?: string;
}

/** Snapshots of one transaction: two writes each. */
const mostAtOnce = 40;

/** The sources of a scope that have a chain. */
export async function chainsOf(repo: Repository, scope: DropScope): Promise<SourceScope[]> {
  const chains = await listChains(repo, scope.tenant);
  return chains.filter(({ source }) => scope.source === undefined || source === scope.source);
}

/**
 * Closes the chains of a scope that is being erased: nothing begins any more, an open intent is aborted whether its process
 * lives or not, and no snapshot can be read. Only a snapshot that is being read right now is waited for. Repeatable.
 */
export async function closeScope(repo: Repository, scope: DropScope): Promise<{ outcome: 'closed' } | Busy> {
  for (const chain of await chainsOf(repo, scope)) {
    for (;;) {
      const step = await untilUnchanged(async () => await closeSome(repo, chain));
      if (typeof step === 'object') return step;
      if (step === 'closed') break;
    }
  }
  return { outcome: 'closed' };
}

async function closeSome(repo: Repository, scope: SourceScope): Promise<'closed' | 'more' | Busy> {
  const { tenant, source } = scope;
  const chain = await readChain(repo, tenant, source);
  const live = chain.snapshots.filter(({ record }) => record.status === 'live');
  if (chain.head?.record.closed && live.length === 0) return 'closed';
  const { openIntent: _, ...head } = chain.head?.record ?? { seq: 0 };
  const writes: Write[] = [putRecord(rowKeys.head(tenant, source), { ...head, closed: true }, chain.head?.version)];
  if (chain.open) writes.push(...abortWrites(repo, chain.open));
  for (const { record, version } of live.slice(0, mostAtOnce)) {
    const pins = await readPins(repo, scope, record.id);
    if (pins.live.length > 0)
      return { outcome: 'busy', reason: `snapshot ${record.id} of ${tenant}/${source} is being read` };
    writes.push(
      putSnapshot({ ...record, status: 'condemned' }, version),
      unchanged(rowKeys.pins(tenant, source, record.id), pins.stored?.version),
    );
  }
  await repo.table.transact(writes);
  return 'more';
}
