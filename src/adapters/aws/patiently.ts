/** First pause; each further one is twice as long at most. */
const FIRST_MS = 100;

/**
 * Tries again what the SDK does not: a body that breaks off, items of a batch that the service was too busy for. Exponential
 * backoff with full jitter ("Exponential backoff and jitter", AWS Architecture Blog).
 *
 * @param again Whether a fault is worth another try
 */
export async function patiently<T>(
  tries: number,
  again: (error: unknown) => boolean,
  act: (tried: number) => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await act(tried);
    } catch (error) {
      if (tried >= tries || !again(error)) throw error;
    }
    await pause(tried);
  }
}

/** Waits before the next try. */
export async function pause(tried: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * FIRST_MS * 2 ** tried));
}
