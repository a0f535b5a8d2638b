import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { ZipFile } from 'yazl';
import { memberNamer, staysInside } from '../domain/member-name.ts';
import type { Entry } from '../repository/model.ts';
import type { OpenedObject } from './download.ts';

/** Mode of what has none of its own: an object of a bucket. */
const plainMode = { file: 0o644, directory: 0o755 };

/** Bytes that the header of a tar has for the name of an owner or group (ustar). */
const longestOwner = 31;

/**
 * A tar (POSIX.1-2001, pax headers where they are needed) of what is read, as it is read. A symbolic link that leads out of the archive
 * is a file that holds its target, as in Git where there are no links: readers differ in what they do with such a link, and
 * some of them write through it.
 */
export function tarOf(objects: AsyncIterable<OpenedObject>): Readable {
  const tar = pack();
  const nameOf = memberNamer();
  const fill = async (): Promise<void> => {
    for await (const { entry, content } of objects) {
      const folder = isFolder(entry);
      const name = nameOf({ key: entry.key, folder });
      const header = {
        name,
        mode: modeOf(entry),
        uid: entry.uid,
        gid: entry.gid,
        uname: ownerOf(entry.owner),
        gname: ownerOf(entry.group),
        mtime: dateOf(entry.mtimeNs),
      };
      if (folder) {
        tar.entry({ ...header, type: 'directory' });
        continue;
      }
      if (entry.type === 'symlink') {
        const target = entry.linkTarget ?? Buffer.alloc(0);
        if (staysInside(name, target)) tar.entry({ ...header, type: 'symlink', linkname: target.toString() });
        else tar.entry({ ...header, mode: plainMode.file }, target);
        continue;
      }
      const sink = tar.entry({ ...header, size: entry.size });
      // The archive has failed or was left then, and says so itself.
      sink.on('error', () => undefined);
      const left = new Promise<void>((resolve) => sink.once('close', () => resolve()));
      for await (const piece of content()) {
        // A copy: the piece is valid until the next one only.
        if (!sink.write(Buffer.from(piece)))
          await Promise.race([left, new Promise<void>((resolve) => sink.once('drain', () => resolve()))]);
        if (tar.destroyed) return;
      }
      sink.end(Buffer.alloc(0));
    }
    tar.finalize();
  };
  const out = Readable.from(tar as AsyncIterable<Buffer>);
  fill().catch((error: unknown) => tar.destroy(faultOf(error)));
  return out;
}

/** A ZIP of what is read, as it is read. Symbolic links, which ZIP knows only by custom, are left out. */
export function zipOf(objects: AsyncIterable<OpenedObject>): Readable {
  const zip = new ZipFile();
  // As it is: what wraps it ends with it, and loses what a slow reader has not read.
  const out = zip.outputStream as Readable;
  const nameOf = memberNamer();
  let reading: Readable | undefined;
  out.once('close', () => reading?.destroy());
  const fill = async (): Promise<void> => {
    for await (const { entry, content } of objects) {
      const folder = isFolder(entry);
      const name = nameOf({ key: entry.key, folder });
      const options = { mtime: dateOf(entry.mtimeNs) };
      if (folder) zip.addEmptyDirectory(name, options);
      if (folder || entry.type !== 'file') continue;
      const ended = Promise.withResolvers<void>();
      zip.addReadStreamLazy(name, { ...options, mode: 0o100000 | modeOf(entry) }, (give) => {
        reading = Readable.from(copied(content()));
        // Nobody else listens: an error of it would end the process.
        reading.once('error', ended.reject);
        reading.once('close', ended.resolve);
        give(null, reading);
      });
      await ended.promise;
      if (out.destroyed) return;
    }
    zip.end();
  };
  const fail = (error: unknown): unknown => out.destroy(faultOf(error));
  zip.on('error', fail);
  fill().catch(fail);
  return out;
}

/** Pieces that last: each of those given is valid until the next one only. */
export async function* copied(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

/** A folder, or the empty object by which a bucket's console shows one. */
function isFolder({ type, key, size }: Entry): boolean {
  return type === 'directory' || (type === 'file' && size === 0 && key.at(-1) === 0x2f);
}

function modeOf(entry: Entry): number {
  return entry.mode === 0 ? plainMode[isFolder(entry) ? 'directory' : 'file'] : entry.mode;
}

/** A longer name would run into the fields after it, of which one is the beginning of the member's own name. */
function ownerOf(name: string): string {
  return Buffer.byteLength(name) > longestOwner ? '' : name;
}

function faultOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function dateOf(ns: bigint): Date {
  return new Date(Number(ns / 1_000_000n));
}
