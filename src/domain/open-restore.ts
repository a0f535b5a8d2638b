/** A restore into a named folder that has begun and not ended: repeated, it goes on. */
export interface OpenRestore {
  /** SHA-256 of the folder's path, hex. */
  id: string;
  folder: string;
  /** Which folder it was: another one in its place is not gone on with. */
  identity: string;
  tenant: string;
  source: string;
  snapshot: string;
  /** Digest of the root and of what was chosen; the same command gives the same. */
  choice: string;
  holder: string;
  startedAt: string;
  /** Wall-clock instant at which it last saved how far it is, or was gone on with. */
  savedAt?: string;
  /** Last part of the manifest that was restored whole and is on the device; -1: none. */
  part: number;
  /** What was damaged up to there: the first hundred, and how many. */
  damaged: { key: string; reason: string }[];
  damagedCount: number;
}
