import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Tests that sync thousands of times need no disk under them. */
const memoryDisk = '/dev/shm';

/** A fresh folder that goes with the test file. In memory where the system has such a place. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(existsSync(memoryDisk) ? memoryDisk : tmpdir(), `tenure-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
