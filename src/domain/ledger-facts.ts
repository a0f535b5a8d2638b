import type { Hold } from './hold.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Scope } from './scope.ts';
import type { Source } from './source.ts';
import { changedTenant, type Tenant, type TenantChange } from './tenant.ts';

/** An entry with its particulars, where there are some and their key still opens them. */
export interface OpenedEntry {
  entry: LedgerEntry;
  /** A seal covers it, whatever became of its neighbours. */
  proven: boolean;
  particulars?: { readonly [name: string]: unknown };
}

/** What the ledger knows of a case. */
export interface CaseTrace {
  id: string;
  scope?: Scope;
  openedAt?: string;
  /** The last one on record; entries of version 0.1 do not carry it. */
  status?: string;
  closedAt?: string;
  over: boolean;
}

/** What a chain tells of records that only the catalog has otherwise. */
export interface LedgerFacts {
  /** The tenant's record as it was last changed. */
  tenant?: { at: string; value: Tenant };
  sources: Map<string, { at: string; value: Source }>;
  holds: Map<string, Hold>;
  /** Holds whose particulars do not open: all that is known is that they were placed. */
  sealedHolds: Map<string, { placedAt: string }>;
  cases: Map<string, CaseTrace>;
}

/**
 * Reads holds, cases, tenant and sources out of a chain. A hold is released only by an entry that a seal covers or whose
 * particulars open: whoever can write to the evidence store must not lift one.
 */
export function ledgerFacts(opened: readonly OpenedEntry[]): LedgerFacts {
  const facts: LedgerFacts = { sources: new Map(), holds: new Map(), sealedHolds: new Map(), cases: new Map() };
  for (const one of opened) {
    const { type } = one.entry;
    if (type === 'tenant-added' || type === 'tenant-changed') readTenant(facts, one);
    else if (type.startsWith('source-')) readSource(facts, one);
    else if (type === 'hold-placed' || type === 'hold-released') readHold(facts, one);
    else if (type.startsWith('case-')) readCase(facts, one);
  }
  return facts;
}

function readTenant(facts: LedgerFacts, { entry: { at }, particulars }: OpenedEntry): void {
  const added = particulars?.tenant as Tenant | undefined;
  const value =
    added ?? (facts.tenant && changedTenant(facts.tenant.value, (particulars?.change ?? {}) as TenantChange));
  if (value !== undefined) facts.tenant = { at, value };
}

function readSource(facts: LedgerFacts, { entry: { at }, particulars }: OpenedEntry): void {
  const value = particulars?.source as Source | undefined;
  if (value !== undefined) facts.sources.set(value.name, { at, value });
}

function readHold(facts: LedgerFacts, { entry, particulars, proven }: OpenedEntry): void {
  const [id = ''] = entry.subjects;
  const told = particulars?.hold as Hold | undefined;
  if (told !== undefined) {
    facts.holds.set(told.id, told);
    facts.sealedHolds.delete(told.id);
  } else if (entry.type === 'hold-placed') {
    facts.sealedHolds.set(id, { placedAt: entry.at });
  } else if (proven) {
    const placed = facts.holds.get(id);
    const release = { releasedAt: entry.at, releasedBy: entry.actor, releaseReason: '(cannot be read any more)' };
    if (placed !== undefined) facts.holds.set(id, { ...placed, ...release });
    facts.sealedHolds.delete(id);
  }
}

function readCase(facts: LedgerFacts, { entry, particulars }: OpenedEntry): void {
  const [id = '', ...rest] = entry.subjects;
  const event = particulars?.event as { scope?: Scope } | undefined;
  const status = rest.find((subject) => subject.startsWith('status:'))?.slice('status:'.length);
  const known = facts.cases.get(id) ?? { id, over: false };
  const closed = entry.type === 'case-close' || status === 'closed';
  facts.cases.set(id, {
    ...known,
    ...(entry.type === 'case-open' ? { openedAt: entry.at } : {}),
    ...(event?.scope === undefined ? {} : { scope: event.scope }),
    ...(status === undefined ? {} : { status }),
    ...(closed ? { closedAt: entry.at } : {}),
    over: known.over || closed || entry.type === 'case-cancel' || status === 'cancelled',
  });
}
