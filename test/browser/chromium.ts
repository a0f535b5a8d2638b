import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LaunchOptions } from 'playwright-core';
import { inject } from 'vitest';

/** Where Debian, Ubuntu and Chrome's own package put it; `CHROMIUM` names another. */
const places = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

const installed = places.find((path) => path !== '' && existsSync(path));

/** What the package `@sparticuz/chromium` brings is built for x64 Linux with glibc. */
const bringsOne = process.platform === 'linux' && process.arch === 'x64';

/** Said where tests are left out; `undefined`: there is a browser. */
export const noBrowser =
  installed === undefined && !bringsOne ? ' (left out: no Chromium on this machine; see CONTRIBUTING.md)' : undefined;

/** The browser of this machine, else the one that the package brings, unpacked once for all tests of a run. */
export async function findChromium(): Promise<Pick<LaunchOptions, 'executablePath' | 'env'>> {
  if (installed !== undefined) return { executablePath: installed };
  const folder = inject('browserFolder');
  await once(folder, async () => await unpack(folder));
  return {
    executablePath: join(folder, 'chromium'),
    // Libraries and a font that a bare machine lacks: the same page looks the same everywhere.
    env: { ...process.env, LD_LIBRARY_PATH: join(folder, 'al2023/lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}

/** The package unpacks into the folder for temporary files, and only what it finds missing there. */
async function unpack(folder: string): Promise<void> {
  const { inflate } = await import('@sparticuz/chromium');
  const archives = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '../bin');
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const names = ['chromium.br', 'al2023.tar.br', 'fonts.tar.br', 'swiftshader.tar.br'];
    await Promise.all(names.map(async (name) => await inflate(join(archives, name))));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  // The package's own names folders of Lambda.
  writeFileSync(
    join(folder, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>\n`,
  );
}

/** Does the work in the first process that comes; all others wait until it is done. */
async function once(folder: string, work: () => Promise<void>): Promise<void> {
  const done = join(folder, 'done');
  try {
    mkdirSync(join(folder, 'begun'));
  } catch {
    for (let tries = 0; !existsSync(done); tries++) {
      if (tries === 600) throw new Error('waited for a minute for the browser to be unpacked');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return;
  }
  await work();
  writeFileSync(done, '');
}
