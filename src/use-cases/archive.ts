import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { ZipFile } from 'yazl';
import type { OpenedObject } from './download.ts';

/** A tar (POSIX.1-2001, pax headers where they are needed) of what is read, as it is read. */
export function tarOf(objects: AsyncIterable<OpenedObject>): Readable {
  const tar = pack();
  const fill = async (): Promise<void> => {
    for await (const { entry, content } of objects) {
      const header = {
        name: entry.key.toString(),
        mode: entry.mode,
        uid: entry.uid,
        gid: entry.gid,
        uname: entry.owner,
        gname: entry.group,
        mtime: dateOf(entry.mtimeNs),
      };
      if (entry.type !== 'file') {
        const type = entry.type === 'directory' ? ('directory' as const) : ('symlink' as const);
        const linkname = entry.linkTarget?.toString();
        tar.entry({ ...header, type, ...(linkname === undefined ? {} : { linkname }) });
        continue;
      }
      const sink = tar.entry({ ...header, size: entry.size });
      for await (const piece of content()) {
        // A copy: the piece is valid until the next one only.
        if (!sink.write(Buffer.from(piece))) await new Promise<void>((resolve) => sink.once('drain', () => resolve()));
      }
      sink.end(Buffer.alloc(0));
    }
    tar.finalize();
  };
  const out = Readable.from(tar as AsyncIterable<Buffer>);
  fill().catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  return out;
}

/** A ZIP of what is read, as it is read. Symbolic links, which ZIP knows only by custom, are left out. */
export function zipOf(objects: AsyncIterable<OpenedObject>): Readable {
  const zip = new ZipFile();
  const fill = async (): Promise<void> => {
    for await (const { entry, content } of objects) {
      const name = entry.key.toString();
      const options = { mtime: dateOf(entry.mtimeNs) };
      if (entry.type === 'directory') zip.addEmptyDirectory(name.replace(/\/$/, ''), options);
      if (entry.type !== 'file') continue;
      const ended = Promise.withResolvers<void>();
      zip.addReadStreamLazy(name, { ...options, mode: 0o100000 | entry.mode }, (give) => {
        const stream = Readable.from(copied(content()));
        stream.once('close', () => ended.resolve());
        give(null, stream);
      });
      await ended.promise;
    }
    zip.end();
  };
  // As it is: what wraps it ends with it, and loses what a slow reader has not read.
  const out = zip.outputStream as Readable;
  fill().catch((error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))));
  return out;
}

/** Pieces that last: each of those given is valid until the next one only. */
export async function* copied(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

function dateOf(ns: bigint): Date {
  return new Date(Number(ns / 1_000_000n));
}
