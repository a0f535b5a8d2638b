import { InvalidError } from '../domain/errors.ts';

/**
 * Chosen keys as a question. A key that ends in `/` is a folder: it chooses itself and all below; any other chooses exactly itself.
 *
 * @throws InvalidError for an empty selection or an empty key, which would mean everything
 */
export function selects(selection: readonly Buffer[]): (key: Buffer) => boolean {
  if (selection.length === 0 || selection.some((key) => key.length === 0)) {
    throw new InvalidError('nothing is chosen to be erased', { hint: 'Name keys, or folders ending in "/".' });
  }
  const exact = new Set(selection.map((key) => key.toString('latin1')));
  const folders = new Set([...exact].filter((key) => key.endsWith('/')));
  return (key) => {
    const text = key.toString('latin1');
    if (exact.has(text)) return true;
    if (folders.size === 0) return false;
    for (let slash = text.indexOf('/'); slash >= 0; slash = text.indexOf('/', slash + 1)) {
      if (folders.has(text.slice(0, slash + 1))) return true;
    }
    return false;
  };
}
