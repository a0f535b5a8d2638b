import { InvalidError } from '../../domain/errors.ts';

/** Pauses before the second and each further try, in milliseconds; a busy SQLite file is waited for in each try as well. */
const pausesMs = [500, 2_000, 5_000];

/**
 * Tries again what must not fail for a moment's sake: a file that another process keeps busy, a disk that is being cleared.
 * What cannot be written at all (InvalidError) is given up at once.
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const ms of pausesMs) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof InvalidError) throw error;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
  return await work();
}
