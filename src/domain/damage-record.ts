/**
 * A stored object that was found to be damaged or missing, and was not found whole since. Backups carry nothing over from a
 * pack that is listed so.
 */
export interface DamageRecord {
  tenant: string;
  source: string;
  kind: 'pack' | 'part' | 'root';
  /** `<intent>/<attempt>/<random>`; of a root that cannot be read at all: its snapshot's id. */
  id: string;
  reason: string;
  /** When it was first found to be so. */
  since: string;
}
