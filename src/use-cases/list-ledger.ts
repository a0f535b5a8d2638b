import { z } from 'zod';
import { NotFoundError } from '../domain/errors.ts';
import type { LedgerEntry, LedgerSealRecord } from '../domain/ledger.ts';
import { ledgerEntries, ledgerHeads, ledgerSeals, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';

const range = { after: z.string().exactOptional(), limit: z.int().min(1) };

/** A chain with its end. */
export interface ListedChain {
  chain: string;
  /** Whose it is; absent: the system's, or that of a tenant of which nothing else is left. */
  tenant?: string;
  entries: number;
  /** Hash of the newest entry, and when it was written. */
  hash: string;
  at: string;
}

/** The chains that have entries, by name. Here and nowhere else the name of a chain stands beside its tenant's. */
export const listChains = useCase(z.strictObject(range), async ({ table }, page): Promise<ListedChain[]> => {
  const heads = await ledgerHeads.list(table, ledgerHeads.key('').pk, page);
  const owners = new Map(
    (await tenants.list(table, tenants.key('').pk)).map(({ value }) => [value.ledgerId, value.id]),
  );
  return heads.map(({ value: { chain, seq, hash, at } }) => {
    const tenant = owners.get(chain);
    return { chain, ...(tenant === undefined ? {} : { tenant }), entries: seq, hash, at };
  });
});

/** Entries of a chain in order. @throws NotFoundError for a chain of which there is neither an entry nor an end */
export const listLedgerEntries = useCase(
  z.strictObject({ chain: z.string(), ...range }),
  async ({ table }, { chain, ...page }): Promise<LedgerEntry[]> => {
    const found = await ledgerEntries.list(table, ledgerEntries.key(chain, '').pk, page);
    // A chain of which only the end is left was tampered with: that it is empty is what an auditor has to see.
    if (found.length === 0 && chain !== 'system' && (await ledgerHeads.read(table, chain)) === undefined)
      throw new NotFoundError(`there is no chain ${chain}`, { hint: 'The list of chains shows all.' });
    return found.map(({ value }) => value);
  },
);

/** The seals that the catalog knows, oldest first. */
export const listSeals = useCase(z.strictObject(range), async ({ table }, page): Promise<LedgerSealRecord[]> => {
  return (await ledgerSeals.list(table, ledgerSeals.key('').pk, page)).map(({ value }) => value);
});

/** A seal as it lies in the evidence store: canonical JSON of the seal, its signature and the heads. @throws NotFoundError */
export const readSeal = useCase(z.strictObject({ at: z.string() }), async ({ table, evidence }, { at }) => {
  const known = await ledgerSeals.read(table, at);
  if (known === undefined)
    throw new NotFoundError(`there is no seal of ${at}`, { hint: 'The list of seals shows all.' });
  return await evidence.get(known.value.object);
});
