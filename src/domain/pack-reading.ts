/** When a pack was last read in full. */
export interface PackReading {
  tenant: string;
  source: string;
  pack: string;
  readAt: string;
  ok: boolean;
}

/** How far the rotating read of a source's packs has come. */
export interface PackCoverage {
  tenant: string;
  source: string;
  at: string;
  total: number;
  /** Packs older than the plan's coverage days that were not read in full within them. */
  unread: number;
}
