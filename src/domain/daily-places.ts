/** What is limited per day. */
export type DailyLimit = 'notices' | 'erasures';

/** Who has taken one of a day's places: of several that come at the same time only as many go on as the plan allows. */
export interface DailyPlaces {
  what: DailyLimit;
  /** Calendar day in UTC. */
  day: string;
  /** Tenants that are newly noticed, cases whose erasure begins. */
  ids: string[];
}
