/** Requests of one client that are under way at once, at most: what one S3 prefix takes without complaint from one reader. */
const MOST = 64;
/** A first burst that no prefix refuses; it grows within a second. */
const FIRST = 16;
/** Words for "slow down" in answers of AWS services; S3 says SlowDown with 503. */
const throttling =
  /^(?:SlowDown|Throttl|TooManyRequests|RequestLimitExceeded|BandwidthLimitExceeded|ServiceUnavailable)/;

/**
 * How many requests a client has under way: more while all goes well, half of them when the service asks to slow down.
 *
 * Additive increase, multiplicative decrease as TCP does it (RFC 5681): each success adds one until the first complaint (slow
 * start), then one per round of successes (congestion avoidance). Complaints about requests that were under way together are
 * one complaint: only a request that began after the last cut may cut again. Amazon asks for the same: back off on 503 and
 * raise the rate gradually ("Best practices design patterns: optimizing Amazon S3 performance").
 */
export class AdaptiveConcurrency {
  #limit: number;
  readonly #most: number;
  #inFlight = 0;
  #cuts = 0;
  readonly #waiting: (() => void)[] = [];

  constructor({ first = FIRST, most = MOST } = {}) {
    this.#limit = first;
    this.#most = most;
  }

  /** Requests that may be under way now. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Runs one attempt of a request when there is room for it, and learns from how it ends. */
  async run<T>(attempt: () => Promise<T>): Promise<T> {
    await this.#enter();
    const cutsBefore = this.#cuts;
    try {
      const result = await attempt();
      this.#grow();
      return result;
    } catch (error) {
      if (isThrottling(error)) this.#cut(cutsBefore);
      throw error;
    } finally {
      this.#inFlight--;
      this.#wake();
    }
  }

  #grow(): void {
    this.#limit = Math.min(this.#most, this.#limit + (this.#cuts === 0 ? 1 : 1 / this.#limit));
  }

  #cut(cutsBefore: number): void {
    if (cutsBefore !== this.#cuts) return;
    this.#cuts++;
    this.#limit = Math.max(1, this.#limit / 2);
  }

  async #enter(): Promise<void> {
    while (this.#inFlight >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#inFlight++;
  }

  #wake(): void {
    for (let free = this.limit - this.#inFlight; free > 0; free--) this.#waiting.shift()?.();
  }
}

/** Whether a service asked for fewer requests. */
export function isThrottling(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return status === 503 || status === 429 || throttling.test(name ?? '');
}
