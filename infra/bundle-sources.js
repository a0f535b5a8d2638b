import { basename } from 'node:path';

/** Plugin of esbuild that leaves out what is never reached on Node, without taking anything away that is. */
export const withoutBallast = {
  name: 'without-ballast',
  setup({ onLoad, onResolve }) {
    // fontkit brings a Brotli decoder in JavaScript with a dictionary of 460 KB, for fonts in WOFF2; Node has one.
    onResolve({ filter: /^brotli\/decompress\.js$/ }, () => ({ path: 'brotli', namespace: 'node' }));
    onLoad({ filter: /^brotli$/, namespace: 'node' }, () => ({
      contents: `import { brotliDecompressSync } from 'node:zlib'; export default (data) => brotliDecompressSync(data);`,
    }));
    // zod offers its messages in fifty languages as one object, so none would fall away; ours are our own, in English.
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
    }));
  },
};

/** What src/aws.ts loads when it is first called, and the right without which nobody may call it. */
const onlyWith = {
  hooks: /client-lambda\/|aws\/lambda-command\.ts$/,
  mail: /client-ses\/|aws\/ses-mailer\.ts$/,
  workflows: /client-sfn\/|aws\/sfn-workflows\.ts$/,
  managed: /client-backup\/|aws\/aws-backup-managed\.ts$/,
  events: /client-eventbridge\/|aws\/event-bus\.ts$/,
  keys: /client-kms\/|aws\/kms-key-store\.ts$/,
};

/** Credentials of people at a machine: a function has those of its role, in its environment. */
const neverInLambda = /credential-provider-(?:sso|login|process|ini|cognito-identity)\//;

/** Why a function does without a module that is loaded late; `undefined`: it does not. */
function leftOut(source, words) {
  if (neverInLambda.test(source)) return 'a function has the credentials of its role';
  for (const [right, pattern] of Object.entries(onlyWith)) {
    if (pattern.test(source) && !words.some((word) => word === right || word.startsWith(`${right}:`)))
      return `infra/iam.js gives this function no right to ${right}`;
  }
  return undefined;
}

/** What the first pass has made: pieces of code by name, and from which source each one that is loaded late comes. */
export function piecesOf({ outputFiles, metafile }) {
  const sources = Object.entries(metafile.outputs).map(([path, { entryPoint = '' }]) => [basename(path), entryPoint]);
  return {
    texts: new Map(outputFiles.map(({ path, text }) => [basename(path), text])),
    sources: new Map(sources),
  };
}

/** Plugin of esbuild that reads pieces, but for those that a function with these rights can do without. */
export function fromPieces({ texts, sources }, words) {
  return {
    name: 'from-pieces',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /\.js$/ }, ({ path, kind }) => {
        const name = path.replace(/^\.\//, '');
        if (!texts.has(name)) return kind === 'entry-point' ? { errors: [{ text: `there is no ${name}` }] } : undefined;
        const why = kind === 'dynamic-import' ? leftOut(sources.get(name) ?? '', words) : undefined;
        return why === undefined ? { path: name, namespace: 'piece' } : { path: why, namespace: 'left-out' };
      });
      onLoad({ filter: /.*/, namespace: 'piece' }, ({ path }) => ({ contents: texts.get(path), loader: 'js' }));
      onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
        contents: `throw new Error(${JSON.stringify(`left out of this bundle: ${path}`)});`,
      }));
    },
  };
}
