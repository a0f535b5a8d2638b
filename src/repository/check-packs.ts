import { hash } from 'node:crypto';
import { CorruptError } from '../domain/errors.ts';
import type { SourceScope } from './chain.ts';
import type { Findings } from './check-findings.ts';
import { type FrameContext, frameContext, openFrame } from './frame.ts';
import type { ChunkRef, Entry, FrameRef, PackRef } from './model.ts';
import { objectKey } from './object-names.ts';
import { chunkOf, getStored } from './read-frame.ts';
import type { Repository } from './repository.ts';

/**
 * Which packs are read in full. `none`: packs by length only; `{n, t}`: the n-th (from 1) of t shares, the same packs each time;
 * `{percent}`: a random share; `{choose}`: the caller picks from the ids of all packs.
 */
export type ReadData =
  | 'none'
  | 'all'
  | { n: number; t: number }
  | { percent: number }
  | { choose: (packIds: string[]) => readonly string[] };

/** How packs are verified; see `CheckOptions`. */
interface PackCheckOptions {
  readData: ReadData;
  random?: () => number;
  readBefore?: ReadonlySet<string>;
}

/** Packs that are kept in memory while parts refer to them. */
const mostHeld = 3;

/** Verifies packs, and finds which entries need what is bad in them. */
export class PackChecker {
  /** Ids of packs that were read in full. */
  readonly read: string[] = [];
  bytesRead = 0;
  readonly #repo: Repository;
  readonly #scope: SourceScope;
  readonly #findings: Findings;
  readonly #options: PackCheckOptions;
  readonly #context: FrameContext;
  readonly #packs = new Map<string, PackRef>();
  #chosen = new Set<string>();
  /** Packs of the wrong length. */
  readonly #suspect: string[] = [];
  /** Packs of which nothing can be read. */
  readonly #lost = new Map<string, string>();
  /** Frames that were looked at, by pack: offset → what is wrong, or '' when it is good. */
  readonly #frames = new Map<string, Map<number, string>>();
  readonly #held = new Map<string, Buffer>();

  constructor(repo: Repository, scope: SourceScope, findings: Findings, options: PackCheckOptions) {
    this.#repo = repo;
    this.#scope = scope;
    this.#findings = findings;
    this.#options = options;
    this.#context = frameContext(scope);
  }

  /** Looks at the length of every pack and chooses those to read. */
  async heads(packs: readonly PackRef[]): Promise<void> {
    for (const pack of packs) {
      this.#packs.set(pack.id, pack);
      const info = await this.#repo.objects.head(objectKey(this.#scope, 'pack', pack.id));
      if (!info) this.#bad(pack.id, `the pack is missing`);
      else if (info.size !== pack.length)
        this.#bad(pack.id, `the pack has ${info.size} bytes instead of ${pack.length}`, info.size > 0);
    }
    const { readData, random } = this.#options;
    this.#chosen = new Set(choose([...this.#packs.keys()], readData, random ?? Math.random));
    for (const id of this.#suspect) this.#chosen.add(id);
  }

  /** Verifies what an entry needs, as far as its packs are read, and notes it where something is bad. */
  async entry(entry: Entry, snapshots: readonly string[]): Promise<void> {
    for (const chunk of entry.chunks) {
      const reason = await this.#chunk(chunk);
      if (reason === '') continue;
      const object = objectKey(this.#scope, 'pack', chunk.frame.pack.id);
      this.#findings.add(object, 'pack', reason, snapshots, entry.key.toString());
      return;
    }
  }

  /** Reads the chosen packs that no entry has asked for; false when it was told to stop. */
  async rest(goOn: () => boolean): Promise<boolean> {
    const read = new Set([...this.read, ...(this.#options.readBefore ?? [])]);
    const left = [...this.#chosen].filter((id) => !read.has(id) && !this.#lost.has(id));
    for (const [index, id] of left.entries()) {
      await this.#load(id);
      if (index < left.length - 1 && !goOn()) return false;
    }
    return true;
  }

  /** What is wrong with a chunk, or ''. */
  async #chunk(chunk: ChunkRef): Promise<string> {
    const { frame } = chunk;
    const { id } = frame.pack;
    const lost = this.#lost.get(id);
    if (lost !== undefined) return lost;
    if (!this.#chosen.has(id)) return '';
    const frames = this.#frames.get(id) ?? new Map<number, string>();
    this.#frames.set(id, frames);
    // One verdict per chunk: a cluster's slots are hashed one by one.
    const place = frame.offset * 8_388_608 + chunk.offset;
    const known = frames.get(place);
    if (known !== undefined) return known;
    const verdict = await this.#verdict(chunk);
    frames.set(place, verdict);
    return verdict;
  }

  #last: { frame: FrameRef; plain: Buffer } | undefined;

  async #verdict(chunk: ChunkRef): Promise<string> {
    const { frame } = chunk;
    try {
      if (this.#last?.frame !== frame) {
        const pack = await this.#load(frame.pack.id);
        const stored = pack.subarray(frame.offset, frame.offset + frame.length);
        this.#last = { frame, plain: openFrame(stored, frame, this.#context) };
      }
      chunkOf(this.#last.plain, chunk);
      return '';
    } catch (error) {
      if (error instanceof CorruptError) return error.message;
      throw error;
    }
  }

  async #load(id: string): Promise<Buffer> {
    const held = this.#held.get(id);
    if (held) return held;
    const key = objectKey(this.#scope, 'pack', id);
    const bytes = await getStored(this.#repo, key);
    const pack = this.#packs.get(id);
    if (!this.read.includes(id)) {
      this.read.push(id);
      if (this.#options.readBefore?.has(id) !== true) this.bytesRead += bytes.length;
      if (pack && hash('sha256', bytes, 'buffer').compare(pack.sha256) !== 0) {
        this.#findings.note(key, 'pack', 'the pack does not match its SHA-256');
      }
    }
    this.#held.set(id, bytes);
    const [oldest] = this.#held.keys();
    if (this.#held.size > mostHeld && oldest !== undefined) this.#held.delete(oldest);
    return bytes;
  }

  /** A pack of the wrong length may still hold good frames: they are told apart by reading it, whatever was chosen. */
  #bad(id: string, reason: string, readable = false): void {
    this.#findings.note(objectKey(this.#scope, 'pack', id), 'pack', reason);
    if (!readable || this.#options.readData === 'none') this.#lost.set(id, reason);
    else this.#suspect.push(id);
  }
}

function choose(ids: string[], readData: ReadData, random: () => number): readonly string[] {
  if (readData === 'none') return [];
  if (readData === 'all') return ids;
  if ('choose' in readData) return readData.choose(ids);
  if ('percent' in readData) return ids.filter(() => random() * 100 < readData.percent);
  // By the hash of the id, so that the shares of one round together are all packs, whatever was added meanwhile.
  return ids.filter((id) => Number.parseInt(hash('sha256', id).slice(0, 8), 16) % readData.t === readData.n - 1);
}
