import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/**
 * A folder from which serverless may package or deploy while others do the same: what it writes (`.serverless`, `.build`) is its own,
 * everything else are links to the repository. `home` in it is empty.
 */
export function serviceFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tenure-package-'));
  mkdirSync(join(dir, 'home'));
  for (const name of ['infra', 'src', 'functions', 'state-machines', 'test', 'node_modules', 'package.json']) {
    symlinkSync(join(root, name), join(dir, name));
  }
  copyFileSync(join(root, 'serverless.yml'), join(dir, 'serverless.yml'));
  return dir;
}
