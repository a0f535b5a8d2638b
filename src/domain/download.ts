import type { Actor } from './case-events.ts';

/** What of a copy is to be handed out: one file, or a folder (or all) as an archive. */
export type DownloadForm = 'file' | 'tar' | 'zip';

/** What is handed out: something of one copy, or what a case is about, of the newest copy of each source. */
export type Wanted = { snapshot: string; path: string; form: DownloadForm } | { caseId: string };

/**
 * A download that is too large for an answer: it is prepared in scratch and fetched from there. Who asks for the same again
 * finds it, until it ends.
 */
export interface Download {
  /** `dl-` and 16 hex digits, of who asks for what: see `downloadId`. */
  id: string;
  /** Execution that prepares it; another one for each time that it is prepared anew. */
  run: string;
  tenant: string;
  /** Absent: of several sources. */
  source?: string;
  wanted: Wanted;
  /** Name and media type of the file for who fetches it. */
  filename: string;
  type: string;
  requestedBy: Actor;
  status: 'preparing' | 'ready' | 'failed';
  requestedAt: string;
  /** From then on it is prepared anew, and what lies in scratch goes with the next restore test. */
  expiresAt: string;
  /** Once it is ready. */
  bytes?: number;
  /** Digest of the copy's root as it was read: a copy that has another one by now was rewritten, and something of it erased. */
  root?: string;
  /** Why it failed, as it may be told. */
  fault?: string;
}

/** How long a prepared download is kept, in milliseconds: the scratch bucket throws away everything after a day. */
export const keptMs = 12 * 3600_000;

/** Media type of each form. */
export const downloadTypes: Record<DownloadForm, string> = {
  file: 'application/octet-stream',
  tar: 'application/x-tar',
  zip: 'application/zip',
};
