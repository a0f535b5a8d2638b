import type { ControlResult } from './controls.ts';

/** The customer knows that this copy is the last one and grows old. */
export interface ToldCustomer {
  snapshot: string;
  tenant: string;
  at: string;
}

/** All controls at one time. */
export interface ControlReport {
  at: string;
  results: ControlResult[];
}

/** As much of a report as lies in one row. */
export interface ControlReportPage extends ControlReport {
  /** From 0. */
  page: number;
}
