import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { certificateFile } from '../../src/documents/certificate-file.ts';
import { inventoryWriter, proveInInventory } from '../../src/documents/inventory.ts';
import { verifyCertificate } from '../../src/documents/verify-certificate.ts';
import { chainEntry, type LedgerEntry, sealHeads, verifyChain } from '../../src/domain/ledger.ts';
import { inventoryObjects, ledgerBodies } from './vector-inputs.ts';

const read = (name: string): Buffer => readFileSync(new URL(`../vectors/documents/${name}`, import.meta.url));
const readJson = (name: string) => JSON.parse(read(name).toString('utf8'));

describe('documents that were written before', () => {
  it.each(['cert-0123456789.json', 'cert-0123456789.pdf'])('the certificate %s still verifies', async (name) => {
    const answer = await verifyCertificate(read(name), readJson('jwks.json'));
    expect(answer).toMatchObject({ ok: true, problems: [], content: { id: 'cert-0123456789' } });
  });

  it('the JSON certificate is still written in the same bytes', () => {
    expect(certificateFile(readJson('cert-0123456789.json'))).toEqual(read('cert-0123456789.json'));
  });

  it('the ledger still verifies, and is still chained and sealed to the same hashes', () => {
    const { entries, heads, seal } = readJson('ledger.json');
    expect(verifyChain(entries)).toEqual({ ok: true, head: heads[0] });
    const again: LedgerEntry[] = [];
    for (const body of ledgerBodies) again.push(chainEntry(again.at(-1), body));
    expect(again).toEqual(entries);
    expect(sealHeads(heads, seal.at)).toEqual(seal);
  });

  it('the inventory still proves its paths, and is still written in the same bytes', () => {
    const root = read('inventory-root.txt').toString('utf8').trim();
    const writer = inventoryWriter();
    expect(inventoryObjects.map((object) => writer.add(object)).join('')).toBe(
      read('inventory.jsonl').toString('utf8'),
    );
    expect(writer.root()).toBe(root);
    for (const { path } of inventoryObjects)
      expect(proveInInventory(read('inventory.jsonl'), path, root).ok).toBe(true);
  });
});
