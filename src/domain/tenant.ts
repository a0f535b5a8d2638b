/** Languages of mails and documents. */
export type Locale = 'es' | 'en' | 'de';

/** Somebody who is written to on a tenant's behalf. */
export interface Contact {
  name: string;
  email: string;
}

/** Why Tenure may erase for this tenant at all: the agreement that both sides signed. */
export interface Agreement {
  /** Contract number or the like. */
  reference: string;
  /** Calendar day on which it ended, where it has. */
  endedOn?: string;
}

/** A customer account. */
export interface Tenant {
  /** `[a-z0-9][a-z0-9-]{0,62}` */
  id: string;
  name: string;
  /** Name of its ledger chain and of itself in the ledger: `t-` and 20 random hex digits, so that the ledger names nobody. */
  ledgerId: string;
  /** Two or more are wanted; one is accepted and `doctor` warns. */
  contacts: Contact[];
  locale: Locale;
  /** IANA time zone. */
  timezone: string;
  /** Name of the plan; snapshots and cases pin a version. */
  plan: string;
  agreement?: Agreement;
  /** `cus_…`: who it is at Stripe. */
  stripeCustomer?: string;
  /** `frozen` while a case erases or while unpaid: still backed up until the first destructive step. */
  status: 'active' | 'frozen' | 'erased';
  /** Backups suspended by an operator. */
  paused: boolean;
  createdAt: string;
}

/** What may change of a tenant; `null`: it has none any more. */
export type TenantChange = Partial<Omit<Tenant, 'stripeCustomer'>> & { stripeCustomer?: string | null };

/** The tenant after a change. */
export function changedTenant(tenant: Tenant, change: TenantChange): Tenant {
  const { stripeCustomer, ...rest } = { ...tenant, ...change };
  return typeof stripeCustomer === 'string' ? { ...rest, stripeCustomer } : rest;
}
