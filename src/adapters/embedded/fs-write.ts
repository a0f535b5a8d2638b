import fs, { type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UnavailableError } from '../../domain/errors.ts';
import { faultCode } from './fs-faults.ts';
import { type Folders, syncFolder } from './fs-folders.ts';
import { tempName } from './fs-temp.ts';

/** Buffers of one `writev`; Linux takes 1,024 (IOV_MAX). */
const mostPieces = 1024;
/** How often a folder may be pruned away under a link before something else is wrong. */
const mostAttempts = 20;

/** Writes a new file (0600) into `folder`, durable in content but not in name, and tells its path. */
export async function writeTemp(folder: string, pieces: Buffer[]): Promise<string> {
  const path = join(folder, tempName());
  const handle = await fs.open(path, 'wx', 0o600);
  try {
    await writeFully(handle, pieces);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await fs.unlink(path).catch(() => undefined);
    throw error;
  }
  await handle.close();
  return path;
}

/**
 * Gives the temporary file its name, durably; false when the name is taken. `link` never replaces, a rename would.
 *
 * @throws UnavailableError when a purge takes the folder away again and again
 */
export async function linkIfAbsent(folders: Folders, temp: string, path: string): Promise<boolean> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    await folders.ensure(dirname(path));
    try {
      await fs.link(temp, path);
    } catch (error) {
      if (faultCode(error) === 'EEXIST') return false;
      if (faultCode(error) === 'ENOENT') continue; // a purge removed the folder between the two calls
      throw error;
    }
    await syncFolder(dirname(path));
    return true;
  }
  throw new UnavailableError(`the folder of ${path} goes away again and again`);
}

async function writeFully(handle: FileHandle, pieces: Buffer[]): Promise<void> {
  let position = 0;
  for (let i = 0; i < pieces.length; i += mostPieces) {
    const group = pieces.slice(i, i + mostPieces);
    const { bytesWritten } = await handle.writev(group, position);
    const total = group.reduce((sum, piece) => sum + piece.length, 0);
    // A short write is rare (a signal, a nearly full disk): the rest goes out in one piece, and says why if it cannot.
    if (bytesWritten < total)
      await writeRest(handle, Buffer.concat(group).subarray(bytesWritten), position + bytesWritten);
    position += total;
  }
}

async function writeRest(handle: FileHandle, rest: Buffer, start: number): Promise<void> {
  let done = 0;
  while (done < rest.length) done += (await handle.write(rest, done, rest.length - done, start + done)).bytesWritten;
}

/** Fills the buffer from `position`; returns how much there was. */
export async function readFully(handle: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
