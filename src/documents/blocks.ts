/** A piece of a mail; text and HTML are made from the same pieces, so that they say the same. */
export type Block =
  | { paragraph: string }
  | { heading: string }
  /** Label and value; a value of several lines is a list. */
  | { facts: [label: string, value: string | readonly string[]][] }
  | { list: readonly string[] }
  /** A short code to be typed in. */
  | { code: string }
  /** A command for a terminal. */
  | { command: string }
  /** An address, shown as it is: nobody should follow what does not show where it leads. */
  | { link: string };

/** Blocks as plain text, wrapped nowhere: mail programs do that, and a path must not be cut. */
export function blocksToText(blocks: readonly Block[]): string {
  return `${blocks.map(blockText).join('\n\n')}\n`;
}

/** Blocks as an HTML document, everything escaped, no scripts, no remote content. */
export function blocksToHtml(blocks: readonly Block[], language: string, title: string): string {
  return [
    '<!DOCTYPE html>',
    `<html lang="${escapeHtml(language)}"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>`,
    `<body style="margin:0;background:#f4f4f2"><div style="${sheet}">`,
    ...blocks.map(blockHtml),
    '</div></body></html>',
    '',
  ].join('\n');
}

/** Escapes text for HTML content and for attributes in double quotes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const sheet =
  'max-width:40em;margin:0 auto;padding:2em;background:#fff;color:#222;font:16px/1.5 Helvetica,Arial,sans-serif;overflow-wrap:break-word';
const mono = 'font-family:Menlo,Consolas,monospace';

function blockText(block: Block): string {
  if ('paragraph' in block) return block.paragraph;
  if ('heading' in block) return `${block.heading}\n${'-'.repeat(block.heading.length)}`;
  if ('list' in block) return block.list.map((item) => `  - ${item}`).join('\n');
  if ('code' in block) return `    ${block.code}`;
  if ('command' in block) return `    ${block.command}`;
  if ('link' in block) return `    ${block.link}`;
  return block.facts.map(([label, value]) => factText(label, value)).join('\n');
}

function factText(label: string, value: string | readonly string[]): string {
  if (typeof value === 'string') return `${label}: ${value}`;
  return [`${label}:`, ...value.map((line) => `  - ${line}`)].join('\n');
}

/** One block as HTML, everything escaped. */
export function blockHtml(block: Block): string {
  if ('paragraph' in block) return `<p>${escapeHtml(block.paragraph).replaceAll('\n', '<br>')}</p>`;
  if ('heading' in block) return `<h2 style="font-size:1.05em;margin:1.6em 0 .4em">${escapeHtml(block.heading)}</h2>`;
  if ('list' in block) return `<ul>${block.list.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
  if ('code' in block) {
    return `<p style="${mono};font-size:1.6em;letter-spacing:.15em;margin:1em 0">${escapeHtml(block.code)}</p>`;
  }
  if ('command' in block) return `<p style="${mono};background:#f4f4f2;padding:.6em">${escapeHtml(block.command)}</p>`;
  if ('link' in block) return `<p><a href="${escapeHtml(block.link)}">${escapeHtml(block.link)}</a></p>`;
  const rows = block.facts.map(
    ([label, value]) =>
      `<tr><th scope="row" style="text-align:left;vertical-align:top;padding:.3em 1.2em .3em 0;color:#666;font-weight:normal">${escapeHtml(label)}</th>` +
      `<td style="vertical-align:top;padding:.3em 0">${[value].flat().map(escapeHtml).join('<br>')}</td></tr>`,
  );
  return `<table role="presentation" style="border-collapse:collapse;border-top:1px solid #ddd;border-bottom:1px solid #ddd;width:100%">${rows.join('')}</table>`;
}
