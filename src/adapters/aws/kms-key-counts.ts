import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { KeyRef } from '../../ports/key-store.ts';
import { countIn, refsIn } from './kms-key-listing.ts';
import { faultsOf, type Replica } from './kms-key-replica.ts';
import { everywhere, type Ring } from './kms-ring.ts';

/**
 * What `replicas` of the port answers. Keys are made and destroyed while the tables are counted, and the replication takes a
 * second: where counts differ, all keys are listed, and those that make the difference looked for once more.
 */
export async function countKeys(ring: Ring): Promise<{ name: string; keys: number; writable: boolean }[]> {
  const answers = await everywhere(ring, async (replica) => ({
    writable: await isActive(replica),
    keys: await countIn(replica),
  }));
  const counts = answers.map(({ replica, result }) => ({ name: replica.name, keys: 0, writable: false, ...result }));
  const reached = answers.every(({ result }) => result !== undefined);
  if (!reached || new Set(counts.map(({ keys }) => keys)).size < 2) return counts;
  const [before, after] = [await listed(ring), await listed(ring)];
  if (!before || !after) return counts;
  const inAll = (ref: KeyRef): boolean => before.every((refs) => refs.has(ref));
  const shared = [...(before[0] ?? [])].filter(inAll).length;
  const differing = [...new Set(before.flatMap((refs) => [...refs]))].filter((ref) => !inAll(ref));
  const held = after.map((refs) => differing.filter((ref) => refs.has(ref)).length);
  return counts.map((count, at) => ({ ...count, keys: shared + (held[at] ?? 0) }));
}

/** The refs of every replica; `undefined` when one went away. */
async function listed(ring: Ring): Promise<Set<KeyRef>[] | undefined> {
  const answers = await everywhere(ring, async (replica) => new Set(await refsIn(replica, '')));
  const found = answers.flatMap(({ result }) => (result ? [result] : []));
  return found.length === answers.length ? found : undefined;
}

/** DynamoDB has no table that is there and cannot be written, but for one whose key was lost (`INACCESSIBLE_…`, `ARCHIVED`). */
async function isActive(replica: Replica): Promise<boolean> {
  const { Table } = await faultsOf(replica, () =>
    replica.client.send(new DescribeTableCommand({ TableName: replica.table })),
  );
  return Table?.TableStatus === 'ACTIVE' || Table?.TableStatus === 'UPDATING';
}
