/** How often somebody has asked within a minute. */
export interface RateWindow {
  /** Digest of the caller or its address. */
  who: string;
  /** Minutes since the epoch. */
  window: number;
  used: number;
}
