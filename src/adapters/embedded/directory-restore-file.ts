import { closeSync, fsyncSync, ftruncateSync, writeSync } from 'node:fs';
import { CorruptError } from '../../domain/errors.ts';
import { restoreError } from './directory-restore-places.ts';

/** A file that a restore is writing. */
export interface RestoreFile {
  write(data: Buffer, position: number): void;
  close(): Promise<void>;
}

/**
 * Writes at any position of an open file. What is not written up to `size` reads as zeros.
 *
 * @param sync Whether closing makes the content durable by itself.
 * @param done Takes the handle over once the content is complete.
 */
export function openRestoreFile(fd: number, key: string, size: number, sync: boolean, done: () => void): RestoreFile {
  let end = 0;
  return {
    write(data, position) {
      if (position < 0 || position + data.length > size) {
        throw new CorruptError(`"${key}" would grow past its ${size} bytes.`, { details: { key } });
      }
      try {
        for (let done = 0; done < data.length; ) {
          done += writeSync(fd, data, done, data.length - done, position + done);
        }
      } catch (error) {
        throw restoreError(key, error);
      }
      end = Math.max(end, position + data.length);
    },
    async close() {
      try {
        if (end < size) ftruncateSync(fd, size);
        if (sync) fsyncSync(fd);
      } catch (error) {
        closeSync(fd);
        throw restoreError(key, error);
      }
      done();
    },
  };
}
