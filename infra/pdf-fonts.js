import { readFile } from 'node:fs/promises';

/** Fonts that our sheets use (src/documents/pdf-sheet.ts); pdfkit knows eleven more. */
const used = ['Helvetica', 'HelveticaBold', 'Courier'];

/**
 * Plugin of esbuild that puts the metrics of the standard fonts into the bundle. pdfkit requires them by a name that is resolved
 * when the program runs, from a folder that no bundle has.
 */
export const pdfFonts = {
  name: 'pdf-fonts',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]pdfkit[\\/]js[\\/]pdfkit\.node\.mjs$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const inside = used.map((name) => `import standard${name} from 'pdfkit/standard-fonts/${name}';`);
      const contents = text.replaceAll(/\b[\w$]+\('#standard-fonts\/(\w+)'\)/g, (call, name) =>
        used.includes(name) ? `standard${name}` : call,
      );
      if (contents === text) throw new Error('pdfkit does not ask for its fonts as infra/pdf-fonts.js expects');
      return { contents: `${inside.join('\n')}\n${contents}`, resolveDir: path.replace(/[\\/][^\\/]+$/, '') };
    });
  },
};
