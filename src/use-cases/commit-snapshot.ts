import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { ScanNotice } from '../ports/source-driver.ts';
import type { Json } from '../ports/table.ts';
import { commitBackup } from '../repository/commit.ts';
import type { DamagedObject } from '../repository/damage.ts';
import { type JoinedLegs, joinLegs } from '../repository/join-legs.ts';
import { useCase } from '../use-case.ts';
import { ledgerWrites } from './append-ledger.ts';
import { recordMetDamage } from './record-damage.ts';
import { intentOf, itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';
import { meetSlot } from './schedule-slots.ts';

/**
 * Makes the copied shards a snapshot: root, catalog row and ledger entry in one transaction. A failed shard commits nothing.
 * What all shards have found goes on the item first, since their results are cleared with the commit.
 */
export const commitSnapshot = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  let item = await itemOf(deps, run, ordinal);
  if (item.status !== 'running')
    return { outcome: item.status === 'done' ? ('committed' as const) : ('failed' as const) };
  const { tenant, source } = await subjectOf(deps, item);
  const intent = intentOf(item);
  const joined = await joinLegs(deps, intent);
  if (joined) {
    item = await saveItem(deps, item, { facts: factsOf(joined) });
    const scope = { tenant: tenant.id, source: source.name };
    if (joined.damaged.length > 0) await recordMetDamage(deps, scope, intent.takenAt, joined.damaged);
  }
  const snapshot = await commitBackup(
    deps,
    intent,
    descriptorOf(tenant, source, deps.clock.simulated),
    async (made) => {
      const entry = await ledgerWrites(deps, {
        tenant,
        type: 'snapshot-committed',
        actor: 'system',
        subjects: [made.id, `sha256:${made.root.digest}`],
      });
      return entry.writes;
    },
    joined,
  );
  await meetSlot(deps, snapshot);
  await saveItem(deps, item, { status: 'done', subject: snapshot.id });
  return { outcome: 'committed' as const };
});

/** What the run reports of a source. */
function factsOf({ noticeCount, unread, notices, totals, readAgain, damaged }: JoinedLegs): {
  [name: string]: unknown;
} {
  return {
    notices: noticeCount,
    unread,
    firstNotices: notices.slice(0, 20).map(noticeText),
    totals,
    ...(readAgain > 0 && { readAgain }),
    ...(damaged.length > 0 && { damaged: damaged.map(damageText) }),
  };
}

function damageText({ kind, id, reason }: DamagedObject): { key: string; reason: string } {
  return { key: `${kind} ${id} of an earlier copy`, reason };
}

function noticeText({ key, kind, reason }: ScanNotice): string {
  return `${key.toString()}: ${kind}, ${reason}`;
}

/**
 * What a root says of its tenant and source, so that a lost catalog can be rebuilt from it (it is sealed like the data). A root of
 * a simulated home says so: `recover` must never take a real repository for one whose clock is not checked.
 */
function descriptorOf(tenant: Tenant, source: Source, simulated: boolean): { [name: string]: Json } {
  return { tenant, source, ...(simulated ? { simulated } : {}) } as unknown as { [name: string]: Json };
}
