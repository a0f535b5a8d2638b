import type { Plan } from './domain/plan.ts';
import type { Source } from './domain/source.ts';
import type { OutgoingEvent } from './domain/webhook.ts';
import type { Clock } from './ports/clock.ts';
import type { KeyStore } from './ports/key-store.ts';
import type { Mailer } from './ports/mailer.ts';
import type { ManagedBackup } from './ports/managed-backup.ts';
import type { ObjectStore } from './ports/object-store.ts';
import type { RestoreTarget, SourceDriver } from './ports/source-driver.ts';
import type { Table } from './ports/table.ts';
import type { Workflows } from './ports/workflows.ts';

/** How a command of the customer's (prepare, release, validator) ended. */
export interface CommandResult {
  ok: boolean;
  exitCode: number;
  /** The last lines it printed. */
  output: string;
}

/** A folder that somebody named for a restore: looked at, and not written to before it is opened. */
export interface RestoreFolder {
  /** Absolute, links resolved. */
  path: string;
  /** Holds nothing, or does not exist yet. */
  empty: boolean;
  /** Tells this folder from another one that takes its place under the same path; `undefined` while there is none. */
  identity(): string | undefined;
  open(options: { force: boolean }): Promise<RestoreTarget>;
  /** Removes entries that were restored; answers how many were there. */
  remove(keys: Buffer[]): Promise<number>;
}

/** Reports progress of long work to whoever watches; never decides anything. */
export type Progress = (event: { what: string; objects: number; bytes: number; of?: number }) => void;

/** Everything a use case may reach. Adapters are chosen in `embedded.ts` (and `aws.ts`), nowhere else. */
export interface Deps {
  /** The repository: packs, parts, roots. */
  objects: ObjectStore;
  /** What must outlive the data: certificates, notices as sent, sealed ledger segments. */
  evidence: ObjectStore;
  table: Table;
  keys: KeyStore;
  mailer: Mailer;
  clock: Clock;
  workflows: Workflows;
  managed: ManagedBackup;
  sourceDriver(source: Source): SourceDriver;
  /**
   * The folder for a restore that somebody keeps. InvalidError when it is no folder, or overlaps with the home or with one
   * of the folders in `apartFrom`.
   */
  restoreFolder(dir: string, options: { apartFrom: readonly string[] }): Promise<RestoreFolder>;
  /** A folder of its own for a restore that is compared and thrown away. */
  scratch: {
    target(name: string): Promise<RestoreTarget>;
    /** Reads what was restored, as a source. */
    reader(name: string): SourceDriver;
    /** Where a validator finds it. */
    path(name: string): string;
    /** Repeatable. `goOn` is asked after each batch, never before the first; once it answers false the rest stays for another call. */
    remove(name: string, options?: { goOn?: () => boolean }): Promise<void>;
    /** Names of all folders, also of one that holds nothing but parts of an upload that has not ended. */
    list(): Promise<string[]>;
  };
  /**
   * Where what is too large for an answer is fetched from: a folder of scratch that bears the download's id, and goes with it.
   * Absent where answers are streamed.
   */
  downloads?: {
    /** Takes content from its beginning to its end, each piece valid until the next one; answers its bytes. What was there goes. */
    put(id: string, content: AsyncIterable<Buffer>): Promise<number>;
    /** An address from which whoever has it fetches the content, for a few minutes: as a file of this name and media type. */
    link(id: string, as: { filename: string; type: string }): Promise<string>;
  };
  /** Removes mails that were kept for relaying and name the tenant; returns how many. */
  purgeOutbox(trace: string): Promise<number>;
  runCommand(command: string, options: { cwd?: string; env?: Record<string, string> }): Promise<CommandResult>;
  /** Sends a message to an address that somebody has named: the HTTP status, or a fault in a word. Never to private addresses. */
  post(
    url: string,
    options: { headers: Record<string, string>; body: string; timeoutMs: number },
  ): Promise<number | string>;
  /**
   * Puts an event on the bus of the deployment: a status like one of HTTP, or a fault in a word. The id tells a repetition. Absent
   * where there is no bus.
   */
  publish?: (event: OutgoingEvent & { id: string }) => Promise<number | string>;
  /** Why an address cannot be written to, as far as its text tells. */
  refusesTarget(url: string): string | undefined;
  /** Who this process is, and whether another holder still lives; `undefined`: nobody can tell from here. */
  holder: string;
  holderAlive(holder: string): boolean | undefined;
  random(bytes: number): Buffer;
  /**
   * Milliseconds for which the step that runs may still work; then it saves a cursor and answers `more`. Infinite on one
   * machine; a Lambda stops at 80 % of its time.
   */
  timeLeft(): number;
  progress: Progress;
  settings: Settings;
}

/** A plan as it is written. */
export interface PlanText {
  name: string;
  digest: string;
  text: string;
}

/** What the home's configuration tells the use cases. */
export interface Settings {
  /** Name of the company that runs Tenure, as it stands on mails and certificates. */
  company: string;
  operator: { name: string; email: string };
  /** Plans by name, current version. */
  plans: ReadonlyMap<string, Plan>;
  /** Plans that come with a deployment, not from a home's folder: registered before each run that it starts. */
  planTexts?: readonly PlanText[];
  /** The evidence store locks what is put into it (Object Lock). */
  evidenceLocks?: boolean;
  /** Folder below which restores that are asked for over HTTP are written; absent: nowhere. */
  restoreRoot?: string;
  /** Where the API is reached from outside, for links in mails: `https://tenure.example.com`. Absent: mails have no links. */
  publicUrl?: string;
  /** Where customers pay open invoices. Absent: they are told whom to ask. */
  paymentUrl?: string;
  /** `false`: tokens are a provider's business, since nobody but the deployment signs. */
  ownTokens?: false;
  /** Version of the program. */
  version: string;
}
