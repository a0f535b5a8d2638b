import { randomBytes } from 'node:crypto';
import { InvalidError } from '../domain/errors.ts';

/** What an object of the repository is. `work`: sealed intermediate results of a running backup. */
export type ObjectKind = 'pack' | 'part' | 'node' | 'root' | 'work';

/** Every kind, for walking over a source's objects. */
export const objectKinds: readonly ObjectKind[] = ['node', 'pack', 'part', 'root', 'work'];

/** Whose objects are meant. */
export interface SourceScope {
  tenant: string;
  source: string;
}

/** The parts of an object's key. */
export interface ObjectName extends SourceScope {
  kind: ObjectKind;
  intent: string;
  attempt: string;
  /** `<intent>/<attempt>/<random>` */
  id: string;
}

const ID = /^[0-9a-f]{20}\/[a-z0-9-]{1,40}\/[0-9a-f]{20}$/;
const KEY =
  /^v1\/([a-z0-9][a-z0-9-]{0,62})\/([a-z0-9][a-z0-9-]{0,62})\/(pack|part|node|root|work)\/(([0-9a-f]{20})\/([a-z0-9-]{1,40})\/[0-9a-f]{20})$/;

/** A new object id `<intent>/<attempt>/<random>`; 80 random bits, so it never returns. `attempt` is `[a-z0-9-]{1,40}`. */
export function newObjectId(intent: string, attempt: string): string {
  const id = `${intent}/${attempt}/${randomBytes(10).toString('hex')}`;
  if (!ID.test(id)) throw new InvalidError(`no object can be named for intent "${intent}", attempt "${attempt}"`);
  return id;
}

/** True for `<intent>/<attempt>/<random>` as `newObjectId` makes it. */
export function isObjectId(id: string): boolean {
  return ID.test(id);
}

/** Key of an object in the store: `v1/<tenant>/<source>/<kind>/<intent>/<attempt>/<random>`. */
export function objectKey(scope: SourceScope, kind: ObjectKind, id: string): string {
  return `v1/${scope.tenant}/${scope.source}/${kind}/${id}`;
}

/** The inverse of `objectKey`; `undefined` for a key that no object of this format has. */
export function parseObjectKey(key: string): ObjectName | undefined {
  const match = KEY.exec(key);
  if (!match) return undefined;
  const [, tenant, source, kind, id, intent, attempt] = match as unknown as string[];
  return { tenant, source, kind, id, intent, attempt } as ObjectName;
}

/** Prefix of everything of a tenant, or of one source. */
export function scopePrefix(tenant: string, source?: string): string {
  return source === undefined ? `v1/${tenant}/` : `v1/${tenant}/${source}/`;
}

/** Prefix of what an intent, or one attempt of it, wrote of one kind. */
export function intentPrefix(scope: SourceScope, kind: ObjectKind, intent: string, attempt?: string): string {
  const prefix = `v1/${scope.tenant}/${scope.source}/${kind}/${intent}/`;
  return attempt === undefined ? prefix : `${prefix}${attempt}/`;
}
