import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { build } from 'esbuild';
import yazl from 'yazl';
import { readPlanFiles } from '../src/plan-files.ts';
import { fromPieces, piecesOf, withoutBallast } from './bundle-sources.js';
import { fileOf } from './functions.js';
import { rights } from './iam.js';
import { leanFont } from './lean-font.js';
import { pdfFonts } from './pdf-fonts.js';

const root = join(import.meta.dirname, '..');

/**
 * Some packages in a bundle are CommonJS and call `require`, which an ES module has not. The name is our own: bundled code
 * declares `createRequire` itself.
 */
const banner = `import { createRequire as tenureCreateRequire } from 'node:module';
const require = tenureCreateRequire(import.meta.url);`;

/** A zip holds times in fields of two seconds since 1980, local: this is 0 in every time zone, so the same code is the same zip. */
const mtime = new Date(1980, 0, 1);

const shared = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Only on one machine: the C library for file times, and the runner of workflows.
  external: ['koffi', 'aws-local-stepfunctions'],
  outdir: '/functions',
  entryNames: '[name]',
  chunkNames: 'chunk-[hash]',
  write: false,
  logLevel: 'silent',
};

/**
 * Bundles functions, each into a zip of its own that holds what it needs and nothing else.
 *
 * In two passes, since most of the time goes into reading thousands of small files: the first reads the sources of all functions
 * once and cuts them into what they share, the second puts together what one function needs of that.
 *
 * @param names files in `functions/` without ending: `back-up-shard`
 * @param plans folder of the plans, which are checked now and not by the first function that starts
 * @returns path and bytes of each zip, by name
 */
export async function bundleFunctions(names, { plans, out }) {
  const pieces = piecesOf(
    await build({
      ...shared,
      metafile: true,
      // Sorted: their order decides on names within the pieces.
      entryPoints: [...names].sort().map((name) => join(root, 'functions', `${name}.ts`)),
      absWorkingDir: root,
      // Packages that bring both are smaller as ES modules, since what is not used falls away.
      mainFields: ['module', 'main'],
      define: { __TENURE_PLANS__: JSON.stringify(planTexts(plans)) },
      plugins: [withoutBallast, pdfFonts],
    }),
  );
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const zips = new Map();
  // One after the other: esbuild uses every core by itself.
  for (const name of names) zips.set(name, await zipOf(name, pieces, out));
  return zips;
}

/** `{ "<name>": "<yaml>" }` as JSON text. */
function planTexts(folder) {
  return JSON.stringify(Object.fromEntries([...readPlanFiles(folder)].map(([name, { text }]) => [name, text])));
}

function wordsOf(file) {
  const [, words] = Object.entries(rights).find(([name]) => fileOf(name) === file) ?? [];
  if (words === undefined) throw new Error(`infra/iam.js says nothing about functions/${file}.ts`);
  return words;
}

async function zipOf(name, pieces, out) {
  const { outputFiles } = await build({
    ...shared,
    entryPoints: [`${name}.js`],
    minify: true,
    legalComments: 'none',
    banner: { js: banner },
    plugins: [fromPieces(pieces, wordsOf(name))],
  });
  const files = new Map(
    outputFiles.map(({ path, contents }) => [`functions/${basename(path)}`, Buffer.from(contents)]),
  );
  // Makes Node take the files for ES modules.
  files.set('package.json', Buffer.from('{"type":"module"}'));
  // Where src/documents/pdf-fonts.ts looks for it.
  if (outputFiles.some(({ text }) => text.includes('./fonts/DejaVuSans.ttf'))) {
    const font = await readFile(join(root, 'src/documents/fonts/DejaVuSans.ttf'));
    files.set('functions/fonts/DejaVuSans.ttf', leanFont(font));
  }
  // Where src/api/reference.ts looks for them.
  if (outputFiles.some(({ text }) => text.includes('swagger-ui-dist/package.json'))) {
    for (const file of ['package.json', 'swagger-ui.css', 'swagger-ui-bundle.js']) {
      const path = `node_modules/swagger-ui-dist/${file}`;
      files.set(path, await readFile(join(root, path)));
    }
  }
  const path = join(out, `${name}.zip`);
  await writeZip(path, files);
  return { path, bytes: (await stat(path)).size };
}

async function writeZip(path, files) {
  const zip = new yazl.ZipFile();
  for (const name of [...files.keys()].sort()) {
    zip.addBuffer(files.get(name), name, { mtime, mode: 0o100644, forceDosTimestamp: true, compressionLevel: 9 });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}
