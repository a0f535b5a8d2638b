import type { CurlEnded } from './curl.ts';
import type { Arrived } from './mail-server.ts';

/** Who comes in with a credential. */
export type Scope = 'tenant:self' | 'finance' | 'operator' | 'auditor';

/**
 * Where a story is told: a Tenure that is reached over HTTP alone, and what HTTP alone cannot do.
 *
 * ```ts
 * await customerStory(stage, 'a');    // test/stories/customer-story.ts
 * await nonPaymentStory(stage, 'a');  // test/stories/non-payment-story.ts
 * ```
 *
 * A stage has a simulated clock and a public address (`api.publicUrl`), so that mails carry links. Its plans `standard` and `unattended`
 * are those that `tenure init` writes; what its mailer relays counts as delivered (`startLevel: relayed`). Everything that a story does
 * to it, it does with curl: it takes on its own tenants, under names that hold the suffix it is given, so that several stories can be
 * told on one stage. A story starts every run itself (`POST /v1/runs`) and waits for it; a stage starts none.
 */
export interface Stage {
  /** Base address of the API, without a slash at its end. */
  url: string;
  /**
   * Runs curl with these arguments. Addresses are those of {@link Stage.url} and those that stand in mails: a stage whose public address leads
   * elsewhere rewrites them here. `spawnCurl` of `curl.ts` does, where nothing is to be rewritten.
   */
  curl(args: readonly string[]): Promise<CurlEnded>;
  /** Every mail that has arrived so far, oldest first. */
  mails(): readonly Arrived[];
  /** Lets whole days pass: afterwards every request and every run sees the later clock. Starts nothing by itself. */
  passTime(days: number): Promise<void>;
  /** A token of the home's own, as `tenure token` makes it; it holds until the story ends. */
  token(wanted: { sub: string; scope: Scope; tenant?: string; mfa?: boolean }): Promise<string>;
  /** A new API key, as `tenure api-key create` shows it. */
  apiKey(wanted: { name: string; owner: string; scope: Scope }): Promise<string>;
  /** Makes a place with these files (path and content) and protects it as the tenant's source of this name. */
  addSource(tenant: string, name: string, files: Readonly<Record<string, string>>): Promise<void>;
  /** Fails unless what was made by `addSource` is there, whole and unchanged. */
  expectSourceWhole(tenant: string, name: string): Promise<void>;
  /** Fails unless nothing of it is left: no file, no version. */
  expectSourceGone(tenant: string, name: string): Promise<void>;
  /** Fails unless the repository holds not one object of the tenant. */
  expectCopiesGone(tenant: string): Promise<void>;
  /** A folder for what curl writes; it goes with the test. */
  folder: string;
}
