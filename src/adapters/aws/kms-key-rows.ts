import { createHash } from 'node:crypto';
import type { KeyRef } from '../../ports/key-store.ts';
import type { TableKey } from '../../ports/table.ts';
import { keyPlace } from '../key-ref.ts';
import type { Item } from './dynamodb-item.ts';

/** A key as its row holds it. */
export interface KeyRow {
  ref: KeyRef;
  /** Drawn with every change of the row: two rows with the same revision are the same. */
  revision: string;
  /** Counts how often a ref was made; only refs of sources get past 1. */
  instance: number;
  /** Of a tenant key: its own generation, which grows with every rotation. Of a key below it: that of the tenant key that wraps it. Else 0. */
  generation: number;
  /** Ciphertext of KMS (base64), or what the tenant key sealed (base64url). */
  sealed: string;
  /** While a rotation is under way: the tenant key before it, which some keys are still wrapped by. */
  previous?: { generation: number; sealed: string };
}

/** Every instance, past and to come, of a ref that may not return. */
export const everyInstance = Number.MAX_SAFE_INTEGER;

/**
 * Where a key lies. Keys of a tenant and kind share a partition (`root/acme`), so that they are listed by one query; tenant
 * and evidence keys lie in one partition each.
 */
export function placeOf(ref: KeyRef): TableKey {
  keyPlace(ref);
  const [kind = '', tenant = '', ...rest] = ref.split('/');
  return rest.length === 0 ? { pk: kind, sk: tenant } : { pk: `${kind}/${tenant}`, sk: rest.join('/') };
}

/** The partition that holds all refs with this prefix, and the prefix of sort keys in it; `undefined`: there is no single one. */
export function partitionOf(prefix: string): TableKey | undefined {
  const [kind = '', tenant, ...rest] = prefix.split('/');
  if (tenant === undefined) return undefined;
  if (['tenant', 'evidence', 'home'].includes(kind)) return { pk: kind, sk: [tenant, ...rest].join('/') };
  return rest.length === 0 ? undefined : { pk: `${kind}/${tenant}`, sk: rest.join('/') };
}

/** The ref of a row, or `undefined` for rows of another kind (records of destruction, signing keys). */
export function refOf(item: Item): KeyRef | undefined {
  const ref = `${item.pk?.S}/${item.sk?.S}`;
  try {
    keyPlace(ref);
    return ref;
  } catch {
    return undefined;
  }
}

/**
 * Where the destruction of a ref is recorded. In a row of its own, so that no late write of the key can take its place, and
 * under a hash, so that nothing of an erased tenant is read from the names. The first two digits spread the writes.
 */
export function gonePlace(ref: KeyRef): TableKey {
  const digest = createHash('sha256').update(`tenure-gone/1 ${ref}`).digest('hex');
  return { pk: `gone/${digest.slice(0, 2)}`, sk: digest };
}

/** A key's row as an item. */
export function toKeyItem({ ref, revision, instance, generation, sealed, previous }: KeyRow): Item {
  const { pk, sk } = placeOf(ref);
  return {
    pk: { S: pk },
    sk: { S: sk },
    revision: { S: revision },
    instance: { N: String(instance) },
    generation: { N: String(generation) },
    sealed: { S: sealed },
    ...(previous && {
      previousGeneration: { N: String(previous.generation) },
      previousSealed: { S: previous.sealed },
    }),
  };
}

/** Reads an item as a key's row; what is missing shows when it is opened. */
export function fromKeyItem(item: Item, ref: KeyRef): KeyRow {
  const { revision, instance, generation, sealed, previousGeneration, previousSealed } = item;
  return {
    ref,
    revision: revision?.S ?? '',
    instance: Number(instance?.N ?? 0),
    generation: Number(generation?.N ?? 0),
    sealed: sealed?.S ?? '',
    ...(previousSealed?.S !== undefined && {
      previous: { generation: Number(previousGeneration?.N ?? 0), sealed: previousSealed.S },
    }),
  };
}

/** Whether two rows hold the same. */
export function sameRow(a: KeyRow, b: KeyRow): boolean {
  return a.revision === b.revision && a.sealed === b.sealed && a.previous?.sealed === b.previous?.sealed;
}

/** Positive when `a` is to be preferred: made later, wrapped later, further in its rotation. */
export function compareRows(a: KeyRow, b: KeyRow): number {
  return a.instance - b.instance || a.generation - b.generation || (a.previous ? 0 : 1) - (b.previous ? 0 : 1);
}
