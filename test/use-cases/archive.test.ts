import { expect, it } from 'vitest';
import { tarOf, zipOf } from '../../src/use-cases/archive.ts';
import type { OpenedObject } from '../../src/use-cases/download.ts';

async function* objects(count: number): AsyncGenerator<OpenedObject> {
  for (let i = 0; i < count; i++) {
    const entry = {
      key: Buffer.from(`f${i}`),
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      owner: '',
      group: '',
      size: 5,
    };
    yield {
      entry: { ...entry, mtimeNs: 1_000_000_000n } as OpenedObject['entry'],
      async *content() {
        yield Buffer.from('hello');
      },
    };
  }
}

async function readSlowly(archive: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of archive) {
    pieces.push(piece);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return Buffer.concat(pieces);
}

it('a zip arrives whole at whoever reads slowly', async () => {
  const zip = await readSlowly(zipOf(objects(10)) as AsyncIterable<Buffer>);
  // End of central directory record (APPNOTE.TXT 6.3.10, section 4.3.16).
  expect(zip.readUInt32LE(zip.length - 22)).toBe(0x06054b50);
  expect(zip.readUInt16LE(zip.length - 22 + 10)).toBe(10);
});

it('a tar arrives whole at whoever reads slowly', async () => {
  const tar = await readSlowly(tarOf(objects(10)) as AsyncIterable<Buffer>);
  // Two blank blocks at the end (POSIX.1-2001, pax).
  expect(tar.subarray(-1024).equals(Buffer.alloc(1024))).toBe(true);
  expect(tar.length).toBe(10 * 1024 + 1024);
});
