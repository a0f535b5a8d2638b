import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { type ApiKey, formatApiKey, hashSecret } from '../domain/api-key.ts';
import { addDays } from '../domain/calendar.ts';
import type { Actor } from '../domain/case-events.ts';
import { ConflictError, InvalidError, NotFoundError } from '../domain/errors.ts';
import { apiKeys, type Stored } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger, type LedgerEvent } from './append-ledger.ts';
import { requireTenant } from './tenant-fields.ts';
import { lineField } from './text-fields.ts';

/** Longest life of a key, in days: what is never used again must not stay open. */
const longestDays = 366;

/** A rotated key is good for so many hours more, while its users change over. */
const graceHours = 24;

/** What a machine may be allowed. */
export const scopeField = z.enum(['tenant:self', 'finance', 'operator', 'auditor']);

/** Whether a customer's credential is that and no more: what an operator may do would open to it what it may not see. */
export function aloneAsCustomer({ scopes }: { scopes: readonly string[] }): boolean {
  return !scopes.includes('tenant:self') || new Set(scopes).size === 1;
}

/** What is said where it is more. */
export const aloneError = 'tenant:self goes with no other scope';

/** A key as it may be shown: without the hash. */
export type ShownApiKey = Omit<ApiKey, 'hash'>;

/** A new key: `key` is the credential itself, shown this once. */
export interface MadeApiKey extends ShownApiKey {
  key: string;
}

const createInput = z
  .strictObject({
    name: lineField,
    owner: lineField,
    scopes: z.array(scopeField).min(1),
    tenant: z.string().exactOptional(),
    days: z.int().min(1).max(longestDays).default(90),
    actor: actorInput,
  })
  .refine(({ scopes, tenant }) => scopes.includes('tenant:self') === (tenant !== undefined), {
    path: ['tenant'],
    error: 'a key with the scope tenant:self is of one tenant, and no other key is of any',
  })
  .refine(aloneAsCustomer, { path: ['scopes'], error: aloneError });

/** Makes a key. Its secret is 32 random bytes; only the hash stays. */
export const createApiKey = useCase(createInput, async (deps, { actor, days, ...fields }): Promise<MadeApiKey> => {
  const tenant = fields.tenant === undefined ? undefined : (await requireTenant(deps, fields.tenant)).value;
  if (tenant?.status === 'erased') {
    throw new ConflictError(`tenant ${tenant.id} was erased`, {
      hint: 'Its id is never given out again: nobody can come in for it.',
    });
  }
  const { record, key } = draw(deps, fields, addDays(wallNow(deps), days));
  await onRecord(deps, record, { type: 'api-key-created', actor, subjects: [record.id] }, 'absent');
  return { ...shownKey(record), key };
});

/** All keys, revoked and expired ones too, by id. */
export const listApiKeys = useCase(
  z.strictObject({}),
  async (deps): Promise<ShownApiKey[]> =>
    (await apiKeys.list(deps.table, 'API-KEYS')).map(({ value }) => shownKey(value)),
);

const keyInput = z.strictObject({ id: z.string(), actor: actorInput });

/** Makes a successor with the same rights; the key itself ends within a day, so that its users can change over. */
export const rotateApiKey = useCase(
  keyInput,
  async (deps, { id, actor }): Promise<MadeApiKey> =>
    await untilUnchanged(async () => {
      const { value, version } = await requireKey(deps, id);
      if (value.revokedAt !== undefined) throw endsAlready(value);
      return await replace(deps, value, version, { actor, graceHours, type: 'api-key-rotated' });
    }),
);

/** Ends a key at once. Repeatable. */
export const revokeApiKey = useCase(
  keyInput,
  async (deps, { id, actor }): Promise<ShownApiKey> =>
    // Whoever uses the key meanwhile writes to it as well, and must not keep it alive by that.
    await untilUnchanged(async () => {
      const stored = await requireKey(deps, id);
      if (hasEnded(deps, stored.value)) return shownKey(stored.value);
      return await endNow(deps, stored, { type: 'api-key-revoked', actor, subjects: [id] });
    }),
);

/** True for a key that was ended, by hand or since its grace is over. */
export function hasEnded(deps: Deps, { revokedAt }: ApiKey): boolean {
  return revokedAt !== undefined && revokedAt <= wallNow(deps);
}

/** Ends a key now, in one transaction with the record of it. A successor that it has stays. */
export async function endNow(deps: Deps, { value, version }: Stored<ApiKey>, event: LedgerEvent): Promise<ShownApiKey> {
  const ended: ApiKey = { ...value, revokedAt: wallNow(deps) };
  await onRecord(deps, ended, event, version);
  return shownKey(ended);
}

/** Ends a key and makes its successor, in one transaction with the record of it. */
export async function replace(
  deps: Deps,
  old: ApiKey,
  version: number,
  how: { actor: Actor; graceHours: number; type: string },
): Promise<MadeApiKey> {
  const now = wallNow(deps);
  const life = Math.max(1, Math.round((Date.parse(old.expiresAt) - Date.parse(old.createdAt)) / 86_400_000));
  const { name, owner, scopes, tenant } = old;
  const fields = { name, owner, scopes, ...(tenant === undefined ? {} : { tenant }) };
  const { record, key } = draw(deps, fields, addDays(now, Math.min(life, longestDays)));
  const ends = new Date(Date.parse(now) + how.graceHours * 3600_000).toISOString();
  const ended: ApiKey = { ...old, revokedAt: ends, successor: record.id };
  await appendLedger(deps, { type: how.type, actor: how.actor, subjects: [old.id, record.id] }, [
    apiKeys.write(ended, version),
    apiKeys.write(record, 'absent'),
  ]);
  return { ...shownKey(record), key };
}

/** The fault of a key that was revoked or rotated: whose turn it is instead. */
export function endsAlready({ id, revokedAt, successor }: ApiKey): ConflictError {
  return new ConflictError(`the key ${id} ends at ${revokedAt}`, {
    hint: successor === undefined ? 'Make a new one.' : `Its successor is ${successor}.`,
  });
}

/** A key on record. @throws NotFoundError; InvalidError for a key itself instead of its id */
export async function requireKey(deps: Deps, id: string): Promise<Stored<ApiKey>> {
  if (id.startsWith('tnr_')) {
    throw new InvalidError('that is a key itself, not its id', {
      hint: 'Name the part between the first and second underscore. The secret now lies in your history: rotate the key.',
    });
  }
  const stored = await apiKeys.read(deps.table, id);
  if (stored === undefined) {
    throw new NotFoundError(`there is no key ${id}`, { hint: '`tenure api-key list` shows all keys.' });
  }
  return stored;
}

function draw(
  deps: Deps,
  fields: Pick<ApiKey, 'name' | 'owner' | 'scopes' | 'tenant'>,
  expiresAt: string,
): { record: ApiKey; key: string } {
  const id = `k${deps.random(6).toString('hex')}`;
  const secret = deps.random(32);
  const record = { ...fields, id, hash: hashSecret(secret.toString('base64url')), createdAt: wallNow(deps), expiresAt };
  return { record, key: formatApiKey(id, secret) };
}

async function onRecord(deps: Deps, key: ApiKey, event: LedgerEvent, when: 'absent' | number): Promise<void> {
  await appendLedger(deps, event, [apiKeys.write(key, when)]);
}

/** Credentials hold by the machine's own clock, also in a home whose life is simulated. */
function wallNow({ clock }: Deps): string {
  return new Date(clock.wall()).toISOString();
}

function shownKey({ hash: _, ...key }: ApiKey): ShownApiKey {
  return key;
}
