import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { TenureError } from '../domain/errors.ts';
import { fileFault } from './input-file.ts';

/**
 * Writes a ZIP file (0600), whole or not at all: under another name first, then in place of what was there. All entries bear
 * the same time.
 */
export async function writeZip(
  path: string,
  files: AsyncIterable<{ name: string; content: Buffer }>,
  at: string,
): Promise<{ files: number; bytes: number }> {
  const zip = new ZipFile();
  const options = { mtime: new Date(at), mode: 0o100600, forceDosTimestamp: true };
  const unfinished = `${path}.unfinished`;
  const out = createWriteStream(unfinished, { mode: 0o600, flush: true });
  try {
    const writing = pipeline(zip.outputStream, out);
    // A fault of the disk is told below, not as a rejection that nobody waits for.
    writing.catch(() => undefined);
    let count = 0;
    for await (const { name, content } of files) {
      zip.addBuffer(content, name, options);
      count++;
    }
    zip.end();
    await writing;
    await rename(unfinished, path);
    return { files: count, bytes: out.bytesWritten };
  } catch (error) {
    out.destroy();
    await rm(unfinished, { force: true });
    throw error instanceof TenureError ? error : fileFault(path, 'written', error);
  }
}
