/** Packs are put together in blocks of so many bytes. */
export const blockBytes = 1024 * 1024;
/** Blocks that are kept for the next packs: two packs of 16 MiB and a little. */
const mostSpare = 36;

/** Lends blocks again and again: memory that is asked for and thrown away by the megabyte leaves the process several times as large. */
export class PackMemory {
  readonly #spare: Buffer[] = [];

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
  }

  /** Takes blocks back that nobody reads any more. */
  give(blocks: readonly Buffer[]): void {
    for (const block of blocks) if (this.#spare.length < mostSpare) this.#spare.push(block);
  }
}

/** Appends bytes to blocks of a `PackMemory`. */
export class PackContent {
  readonly #memory: PackMemory;
  readonly #blocks: Buffer[] = [];
  /** Bytes used of the last block. */
  #used = blockBytes;

  constructor(memory: PackMemory) {
    this.#memory = memory;
  }

  append(piece: Buffer): void {
    for (let from = 0; from < piece.length; ) {
      let block = this.#blocks.at(-1);
      if (!block || this.#used === blockBytes) {
        block = this.#memory.take();
        this.#blocks.push(block);
        this.#used = 0;
      }
      const copied = piece.copy(block, this.#used, from);
      this.#used += copied;
      from += copied;
    }
  }

  /** Everything so far, in order. */
  pieces(): Buffer[] {
    return this.#blocks.map((block, i) => (i === this.#blocks.length - 1 ? block.subarray(0, this.#used) : block));
  }

  /** Gives the blocks back; the content is gone. */
  release(): void {
    this.#memory.give(this.#blocks.splice(0));
    this.#used = blockBytes;
  }
}
