/** A restore that was asked for over HTTP: it goes on while the caller looks elsewhere. */
export interface RestoreJob {
  /** `rs-` and 10 hex digits. */
  id: string;
  tenant: string;
  source: string;
  snapshot: string;
  /** Name of the folder below the server's restore folder. */
  to: string;
  /** `interrupted`: the server ended meanwhile; the same request again goes on with it. */
  status: 'running' | 'done' | 'damaged' | 'failed' | 'interrupted';
  requestedBy: string;
  holder: string;
  startedAt: string;
  endedAt?: string;
  objects?: number;
  bytes?: number;
  /** How many objects are damaged in the copy, and are not restored. */
  damaged?: number;
  /** Why it failed, as it may be told. */
  fault?: string;
}
