import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { build } from 'esbuild';
import yazl from 'yazl';
import { readPlanFiles } from '../src/plan-files.ts';

const root = join(import.meta.dirname, '..');

/**
 * Some packages in a bundle are CommonJS and call `require`, which an ES module has not. The name is our own: bundled code
 * declares `createRequire` itself.
 */
const banner = `import { createRequire as tenureCreateRequire } from 'node:module';
const require = tenureCreateRequire(import.meta.url);`;

/** A zip holds times in fields of two seconds since 1980, local: this is 0 in every time zone, so the same code is the same zip. */
const mtime = new Date(1980, 0, 1);

/**
 * Bundles functions, each into a zip of its own that holds what it needs and nothing else.
 *
 * @param names files in `functions/` without ending: `back-up-shard`
 * @returns path and size of each zip, by name
 */
export async function bundleFunctions(names, { plans, out }) {
  const define = { __TENURE_PLANS__: JSON.stringify(planTexts(plans)) };
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const zips = new Map();
  // One after the other: esbuild uses every core by itself.
  for (const name of names) zips.set(name, await zipOf(name, { define, version, out }));
  return zips;
}

/** The plans, checked now and not by the first function that starts: `{ "<name>": "<yaml>" }` as JSON text. */
function planTexts(folder) {
  return JSON.stringify(Object.fromEntries([...readPlanFiles(folder)].map(([name, { text }]) => [name, text])));
}

async function zipOf(name, { define, version, out }) {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, 'functions', `${name}.ts`)],
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Packages that bring both are smaller as ES modules, since what is not used falls away.
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    banner: { js: banner },
    define,
    // Only on one machine: the C library for file times, and the runner of workflows.
    external: ['koffi', 'aws-local-stepfunctions'],
    outdir: 'functions',
    entryNames: '[name]',
    chunkNames: 'chunk-[hash]',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const files = new Map(outputFiles.map((file) => [relative(root, file.path), Buffer.from(file.contents)]));
  // Read by src/version.ts; and what makes Node take the files for ES modules.
  files.set('package.json', Buffer.from(JSON.stringify({ type: 'module', version })));
  if ('src/documents/pdf-fonts.ts' in metafile.inputs) {
    files.set('functions/fonts/DejaVuSans.ttf', await readFile(join(root, 'src/documents/fonts/DejaVuSans.ttf')));
  }
  const path = join(out, `${name}.zip`);
  await writeZip(path, files);
  return { path, bytes: (await stat(path)).size, inputs: metafile.inputs };
}

async function writeZip(path, files) {
  const zip = new yazl.ZipFile();
  for (const name of [...files.keys()].sort()) {
    zip.addBuffer(files.get(name), name, { mtime, mode: 0o100644, forceDosTimestamp: true });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}
