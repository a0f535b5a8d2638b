/** Works at once, and memory that they hold together. */
const MOST = 32;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Work that goes on behind whoever asks for it: many small requests side by side, in bounded memory. A fault is thrown by the next
 * call.
 */
export class WorkBehind {
  readonly #going = new Set<Promise<void>>();
  #bytes = 0;
  #faults: unknown[] = [];

  /** Begins work that holds so many bytes; waits first while too much is going on. */
  async add(bytes: number, work: () => Promise<void>): Promise<void> {
    while (this.#going.size >= MOST || (this.#going.size > 0 && this.#bytes + bytes > MOST_BYTES)) {
      await Promise.race(this.#going);
    }
    this.#throwFault();
    this.#bytes += bytes;
    const going = work()
      .catch((error: unknown) => void this.#faults.push(error))
      .finally(() => {
        this.#bytes -= bytes;
        this.#going.delete(going);
      });
    this.#going.add(going);
  }

  /** Waits for all of it. */
  async done(): Promise<void> {
    await Promise.all(this.#going);
    this.#throwFault();
  }

  #throwFault(): void {
    const [fault] = this.#faults;
    this.#faults = [];
    if (fault !== undefined) throw fault;
  }
}
