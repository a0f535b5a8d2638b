import type { Deps } from '../deps.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { CorruptError } from '../domain/errors.ts';
import { ledgerHeads } from '../records.ts';
import { chainRows } from './ledger-rows.ts';

/** Names of all chains that have a head, in order. */
export async function ledgerChains(deps: Pick<Deps, 'table'>): Promise<string[]> {
  return (await ledgerHeads.list(deps.table, ledgerHeads.key('').pk)).map(({ value }) => value.chain);
}

/**
 * The entries of one chain, or of all of them one after the other, as JSON lines in canonical form: each line is what its
 * `hash` was computed over, `hash` included.
 *
 * @throws CorruptError at a row that holds no entry: an export with a hole would look whole
 */
export async function* exportLedger(deps: Pick<Deps, 'table'>, chain?: string): AsyncGenerator<string> {
  for (const name of chain === undefined ? await ledgerChains(deps) : [chain]) {
    for await (const page of chainRows(deps, name)) {
      for (const { row, problem, ...read } of page) {
        if (problem !== undefined) {
          throw new CorruptError(`row ${row.sk} of the ledger's chain ${name} ${problem}`, {
            hint: '`tenure ledger verify` tells what was changed.',
          });
        }
        if ('entry' in read) yield `${canonicalJson(read.entry)}\n`;
      }
    }
  }
}
