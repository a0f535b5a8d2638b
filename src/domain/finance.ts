/** An amount in the currency's smallest unit, so that it is an integer: EUR 12.50 is `{currency: 'EUR', minor: 1250}`. */
export interface Money {
  /** ISO 4217 */
  currency: string;
  minor: number;
}
