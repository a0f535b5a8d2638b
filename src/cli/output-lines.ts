import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TenureError } from '../domain/errors.ts';
import { fileFault } from './input-file.ts';

/** Writes lines to a file as they come, in place of what was there; answers how many there were. */
export async function writeLines(path: string, lines: AsyncIterable<string>): Promise<number> {
  let count = 0;
  async function* counting() {
    for await (const line of lines) {
      count++;
      yield line;
    }
  }
  try {
    await pipeline(Readable.from(counting()), createWriteStream(path, { flush: true }));
  } catch (error) {
    throw error instanceof TenureError ? error : fileFault(path, 'written', error);
  }
  return count;
}
