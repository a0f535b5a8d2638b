#!/usr/bin/env node
// The launcher runs on any Node from 20 on; the program itself runs on the Node 24 that `npm ci` installed.
import { spawnSync } from 'node:child_process';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = join(dirname(fileURLToPath(import.meta.url)), '../src/cli/main.ts');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  nodeModule.enableCompileCache();
  await import(main);
} else {
  const node = join(dirname(nodeModule.createRequire(import.meta.url).resolve('node/package.json')), 'bin/node');
  const run = spawnSync(node, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  if (run.error) throw run.error;
  if (run.signal) process.kill(process.pid, run.signal);
  process.exitCode = run.status ?? 1;
}
