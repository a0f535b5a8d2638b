/** A POST that named itself, and what was answered. */
export interface IdempotentCall {
  /** SHA-256 over caller and key, hex. */
  id: string;
  /** SHA-256 over route, path and body, hex. */
  request: string;
  status: 'running' | 'done';
  /** Whose data the answer tells of, where it is a tenant's: its erasure takes the answer too. */
  tenant?: string;
  /** When it was first begun, in ms since 1970: a repetition after a crash begins nothing new. */
  since: number;
  /** Wall-clock milliseconds: after that the key may be used anew. */
  until: number;
  /** What is answered again; absent while it runs, and for answers that are shown only once. */
  answer?: { status: number; contentType: string; location?: string; body: string };
  /** It is carried out again, since what it leads to is once for all: its answer was not to be kept. */
  repeats?: true;
}
