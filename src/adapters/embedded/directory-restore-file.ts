import { closeSync, fsyncSync, ftruncateSync, writeSync } from 'node:fs';
import { CorruptError } from '../../domain/errors.ts';
import type { RestoredFile } from '../../ports/source-driver.ts';
import { restoreError } from './directory-restore-places.ts';

/** How a file of a restore is written. */
export interface RestoreFileOptions {
  /** Bytes that an earlier target has written. */
  from: number;
  /** Whether closing makes the content durable by itself. */
  sync: boolean;
  /** Takes the handle over once the content is complete. */
  done: () => void;
}

/** Writes at any position of an open file. What is not written up to `size` reads as zeros. */
export function openRestoreFile(
  fd: number,
  key: string,
  size: number,
  { from, sync, done }: RestoreFileOptions,
): RestoredFile {
  let end = from;
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
    async pause() {
      closeSync(fd);
      return end;
    },
  };
}
