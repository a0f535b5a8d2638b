import type { Deps } from '../deps.ts';
import type { DamageRecord } from '../domain/damage-record.ts';
import type { Write } from '../ports/table.ts';
import { damageRecords, packReadings } from '../records.ts';
import type { CheckedSource, CheckReport } from '../repository/check.ts';
import type { DamagedObject } from '../repository/damage.ts';
import { parseObjectKey } from '../repository/object-names.ts';
import { writeAll } from './run-items.ts';

/** Everything of a source that is on record as damaged. */
export async function damageOf(deps: Deps, scope: { tenant: string; source: string }): Promise<DamageRecord[]> {
  const { pk } = damageRecords.key(scope.tenant, scope.source, '', '');
  return (await damageRecords.list(deps.table, pk)).map(({ value }) => value);
}

/** Ids of the packs from which a backup must carry nothing over. */
export async function damagedPacksOf(
  deps: Deps,
  scope: { tenant: string; source: string },
): Promise<ReadonlySet<string>> {
  return new Set((await damageOf(deps, scope)).flatMap(({ kind, id }) => (kind === 'pack' ? [id] : [])));
}

/** Records what the backup of `since` met, so that the next one reads again all that lies in it. */
export async function recordMetDamage(
  deps: Deps,
  scope: { tenant: string; source: string },
  since: string,
  met: readonly DamagedObject[],
): Promise<void> {
  const known = new Set((await damageOf(deps, scope)).map(({ kind, id }) => `${kind}#${id}`));
  const { tenant, source } = scope;
  await writeAll(
    deps,
    met
      .filter(({ kind, id }) => !known.has(`${kind}#${id}`))
      .map(({ kind, id, reason }) => damageRecords.write({ tenant, source, kind, id, reason, since })),
  );
}

/**
 * Records what a check of one source, or a leg of it, found: every pack that was read in full, and what is damaged. What was on
 * record and is whole again, or not listed by any copy any more, is taken off it.
 *
 * @param legs when the check began, and stored objects that earlier legs of it have found damaged
 */
export async function recordCheck(
  deps: Deps,
  checked: CheckedSource,
  problems: CheckReport['problems'],
  legs: { startedAt?: string; badBefore?: readonly string[] } = {},
): Promise<void> {
  const { tenant, source, packs, packsRead } = checked;
  const now = legs.startedAt ?? deps.clock.now();
  const badBefore = new Set(legs.badBefore?.map((object) => nameOf(object)));
  const bad = new Map<string, DamageRecord>();
  for (const { object, reason } of problems) {
    const name = parseObjectKey(object);
    if (name?.tenant !== tenant || name.source !== source) continue;
    if (name.kind !== 'pack' && name.kind !== 'part' && name.kind !== 'root') continue;
    const { kind, id } = name;
    bad.set(`${kind}#${id}`, { tenant, source, kind, id, reason, since: now });
  }
  const known = new Map((await damageOf(deps, checked)).map((record) => [`${record.kind}#${record.id}`, record]));
  const listed = new Set(packs);
  const read = new Set(packsRead);
  const unseen = new Set(checked.parts);
  for (const part of checked.partsRead) unseen.delete(part);
  const isBad = (name: string): boolean => bad.has(name) || badBefore.has(name);
  const writes: Write[] = packsRead.map((pack) =>
    packReadings.write({ tenant, source, pack, readAt: now, ok: !isBad(`pack#${pack}`) }),
  );
  for (const [name, record] of bad) if (!known.has(name)) writes.push(damageRecords.write(record));
  for (const [name, { kind, id }] of known) {
    // The length of a pack says nothing of its bytes: only one that was read is whole again. Roots are always read.
    const stays = isBad(name) || (kind === 'pack' ? listed.has(id) && !read.has(id) : unseen.has(id));
    if (!stays) writes.push(damageRecords.remove(tenant, source, kind, id));
  }
  await writeAll(deps, writes);
}

function nameOf(object: string): string {
  const name = parseObjectKey(object);
  return name === undefined ? object : `${name.kind}#${name.id}`;
}
