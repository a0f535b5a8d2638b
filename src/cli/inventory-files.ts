import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { KeptInventory } from '../use-cases/hand-over-inventory.ts';

/** Writes each inventory to its file in the folder, readable by its owner alone; never over a file that is there. Returns the paths. */
export async function writePieces(kept: readonly KeptInventory[], folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const inventory of kept) {
    const file = join(folder, inventory.file);
    await pipeline(Readable.from(inventory.pieces()), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
    files.push(file);
  }
  return files;
}
