import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { canonicalBytes } from '../domain/canonical-json.ts';
import { CorruptError } from '../domain/errors.ts';
import { chainEntry, type LedgerEntry } from '../domain/ledger.ts';
import { isLostRace } from '../domain/lost-race.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Write } from '../ports/table.ts';
import { ledgerEntries, ledgerHeads, systemStates } from '../records.ts';
import { type Acting, actorName } from './actor-mark.ts';

/**
 * Something that goes on record: in a tenant's chain, or else in the system's. A tenant's entry names roles, and people in its
 * particulars only. The system's has nothing that is sealed: whoever causes an entry there is named by role and mark, so who it is has
 * to be told.
 */
export type LedgerEvent = { type: string; subjects: string[] } & (
  | {
      tenant: Pick<Tenant, 'id' | 'ledgerId'>;
      /** Role: `system`, `operator`, `finance`, `customer`. */
      actor: string;
      /** Facts that name people, paths or sources: sealed under the tenant's evidence key. */
      particulars?: Record<string, unknown>;
    }
  | {
      tenant?: undefined;
      /** `operator`: whoever wrote the files of the home. `unknown`: who has shown no credential that holds. */
      actor: Acting | 'system' | 'operator' | 'unknown';
      particulars?: undefined;
    }
);

/** How often an append reads the head again because others were faster: forty sources of a tenant may end together. */
const mostTries = 100;

/** How far the clock may run ahead of the last trusted instant before destruction asks an operator (design §3). */
const trustedStepMs = 48 * 3600 * 1000;

/**
 * Appends to a chain, in one transaction with the writes that the entry is about, so that the record and the state never
 * part. A concurrent append makes it read the head again; a failed condition of the caller's own writes is the caller's
 * ConflictError.
 */
export async function appendLedger(
  deps: Deps,
  event: LedgerEvent,
  writes: readonly Write[] = [],
): Promise<LedgerEntry> {
  for (let attempt = 0; ; attempt++) {
    const { entry, writes: own } = await ledgerWrites(deps, event);
    try {
      await deps.table.transact([...own, ...writes]);
      return entry;
    } catch (error) {
      const failed = isLostRace(error) ? (error.details.failed as number[]) : [];
      const onlyOurs = failed.length > 0 && failed.every((index) => index < own.length);
      if (!onlyOurs || attempt === mostTries) throw error;
      // The more have been faster, the more are waiting.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(attempt, 20)));
    }
  }
}

/** The writes of one ledger entry, for a transaction that somebody else runs. They hold for the head as it is now. */
export async function ledgerWrites(deps: Deps, event: LedgerEvent): Promise<{ entry: LedgerEntry; writes: Write[] }> {
  const chain = event.tenant?.ledgerId ?? 'system';
  const at = deps.clock.now();
  const head = await ledgerHeads.read(deps.table, chain);
  const entry = chainEntry(head?.value, {
    chain,
    at,
    type: event.type,
    actor: typeof event.actor === 'string' ? event.actor : await actorName(deps, event.actor),
    subjects: event.subjects,
    commitments: {},
    ...(event.particulars === undefined || event.tenant === undefined
      ? {}
      : { sealed: await sealParticulars(deps, event.tenant.id, chain, event.particulars) }),
  });
  const writes: Write[] = [
    ledgerHeads.write({ chain, seq: entry.seq, hash: entry.hash, at }, head?.version ?? 'absent'),
    ledgerEntries.write(entry, 'absent'),
  ];
  const trust = await clockTrust(deps, at);
  return { entry, writes: trust === undefined ? writes : [...writes, trust] };
}

/** Moves the trusted instant forward, unless the clock has jumped: then it stays until an operator confirms. */
async function clockTrust(deps: Deps, at: string): Promise<Write | undefined> {
  const trusted = await systemStates.read(deps.table, 'clock');
  const step = trusted === undefined ? 0 : Date.parse(at) - Date.parse(trusted.value.at);
  if (step < 0 || (step > trustedStepMs && !deps.clock.simulated)) return undefined;
  if (trusted !== undefined && step < 60_000) return undefined;
  return systemStates.write({ name: 'clock', at, by: 'system', reason: 'ledger' });
}

/** Seals with a random nonce (the evidence key seals many messages): nonce ‖ ciphertext ‖ tag, base64url. AAD: the chain. */
async function sealParticulars(deps: Deps, tenant: string, chain: string, particulars: object): Promise<string> {
  return (await sealEvidence(deps, tenant, chain, canonicalBytes(particulars))).toString('base64url');
}

/** Seals bytes under the tenant's evidence key: nonce (12) ‖ ciphertext ‖ tag (16), AES-256-GCM. */
export async function sealEvidence(deps: Deps, tenant: string, context: string, plain: Buffer): Promise<Buffer> {
  const nonce = deps.random(12);
  const cipher = createCipheriv('aes-256-gcm', await deps.keys.open(`evidence/${tenant}`), nonce);
  cipher.setAAD(Buffer.from(`tenure/v1 evidence ${context}`));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** The inverse of {@link sealEvidence}. NotFoundError once the evidence key is destroyed. */
export async function openEvidence(deps: Deps, tenant: string, context: string, sealed: Buffer): Promise<Buffer> {
  const key = await deps.keys.open(`evidence/${tenant}`);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
    decipher.setAAD(Buffer.from(`tenure/v1 evidence ${context}`));
    decipher.setAuthTag(sealed.subarray(sealed.length - 16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  } catch (cause) {
    throw new CorruptError(`sealed evidence of ${context} does not open: it was changed, or its key is another`, {
      cause,
    });
  }
}
