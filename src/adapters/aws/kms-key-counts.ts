import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { KeyRef } from '../../ports/key-store.ts';
import { countIn, refsIn } from './kms-key-listing.ts';
import { faultsOf, lookIn, type Replica } from './kms-key-replica.ts';
import { everywhere, type Ring } from './kms-ring.ts';

/** Refs that are looked at once more at a time. */
const page = 50;

/**
 * What `replicas` of the port answers. Keys are made and destroyed while the tables are counted, and the replication takes a
 * second: where counts differ, the keys that make the difference are looked at once more, one by one.
 */
export async function countKeys(ring: Ring): Promise<{ name: string; keys: number; writable: boolean }[]> {
  const answers = await everywhere(ring, async (replica) => ({
    writable: await isActive(replica),
    keys: await countIn(replica),
  }));
  const counts = answers.map(({ replica, result }) => ({ name: replica.name, keys: 0, writable: false, ...result }));
  const reached = answers.filter(({ result }) => result !== undefined);
  if (reached.length < answers.length || new Set(counts.map(({ keys }) => keys)).size < 2) return counts;
  const settled = await everywhere(ring, refsIn);
  if (settled.some(({ fault }) => fault)) return counts;
  const refs = settled.map(({ result }) => result ?? new Set<KeyRef>());
  const shared = [...(refs[0] ?? [])].filter((ref) => refs.every((each) => each.has(ref))).length;
  const differing = [...new Set(refs.flatMap((each) => [...each]))].filter(
    (ref) => !refs.every((each) => each.has(ref)),
  );
  const held = await everywhere(ring, (replica) => countHeld(replica, differing));
  return counts.map((count, at) => ({ ...count, keys: shared + (held[at]?.result ?? 0) }));
}

async function countHeld(replica: Replica, refs: readonly KeyRef[]): Promise<number> {
  let held = 0;
  for (let at = 0; at < refs.length; at += page) {
    const found = await lookIn(replica, refs.slice(at, at + page));
    held += [...found.values()].filter(({ row }) => row !== undefined).length;
  }
  return held;
}

/** DynamoDB has no table that is there and cannot be written, but for one whose key was lost (`INACCESSIBLE_…`, `ARCHIVED`). */
async function isActive({ client, table, ...replica }: Replica): Promise<boolean> {
  return await faultsOf({ client, table, ...replica }, async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    return Table?.TableStatus === 'ACTIVE' || Table?.TableStatus === 'UPDATING';
  });
}
