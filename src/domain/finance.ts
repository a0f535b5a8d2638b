/** An amount in the currency's smallest unit, so that it is an integer: EUR 12.50 is `{currency: 'EUR', minor: 1250}`. */
export interface Money {
  /** ISO 4217 */
  currency: string;
  minor: number;
}

/** What the finance system says about a tenant. `invoice` left out means the account as a whole. */
export interface FinanceEvent {
  type: 'unpaid' | 'part-paid' | 'paid' | 'disputed' | 'promised-until' | 'reversed';
  tenant: string;
  invoice?: string;
  /** What is open (`unpaid`) or what was paid (`part-paid`, `paid`). */
  amount?: Money;
  /** Calendar day on which the money counts. */
  valueDate?: string;
  /** `promised-until`: calendar day. */
  until?: string;
  /** Finance's id of the payment, or whatever else names what was said: the same said again changes nothing. */
  payment?: string;
  /** When finance says it happened: a payment before the newest report of the debt, and else what is older than what is known, is ignored. */
  at: string;
}

/** One invoice as finance last told. */
export interface Invoice {
  invoice: string;
  status: 'unpaid' | 'disputed' | 'promised' | 'paid';
  /** What was open when it was first reported. */
  amount?: Money;
  /** Part payments so far, in the smallest unit of `amount`. */
  paidMinor: number;
  /** Ids of the payments that were counted, and `TYPE:ID` of what else was said: the newest of them, the last one last. */
  payments: string[];
  /** Promised until the end of this calendar day. */
  until?: string;
  /** `at` of the newest event. */
  changedAt: string;
  /** `at` of the newest report of the debt (`unpaid`, `reversed`): a payment that is older was not of it. */
  owedAt?: string;
  /** The open case that is about it. */
  case?: string;
}

/** A tenant's invoices as far as Tenure has heard of them. */
export interface FinanceAccount {
  tenant: string;
  invoices: Invoice[];
  /** Paid invoices that changed up to here may have been forgotten, so that an older report of a debt tells nothing. */
  forgottenTo?: string;
}

/** Stands for the account as a whole where finance names no invoice. */
export const wholeAccount = 'account';
