import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inventoryWriter, proveInInventory } from '../../src/documents/inventory.ts';
import { erasureItems } from '../../src/records.ts';
import { sealEvidence } from '../../src/use-cases/append-ledger.ts';
import { raiseAlert } from '../../src/use-cases/raise-alert.ts';
import { simulatedHome } from '../cli/tenure.ts';
import { openedHome } from './opened-home.ts';

const id = 'c-0123456789';

describe('an inventory that was too large for the report', () => {
  it('is written out whole for the customer, proves its paths, and is removed once it was handed over', async () => {
    const home = await simulatedHome();
    const { deps, close } = await openedHome(home);
    const prefix = `cases/${id}/inventory/files/0011223344556677`;
    const writer = inventoryWriter();
    for (const [piece, names] of [['a.txt', 'b.txt'], ['c.txt']].entries()) {
      const lines = names
        .map((name) => writer.add({ path: Buffer.from(name), size: 1, salt: deps.random(16) }))
        .join('');
      const key = `${prefix}/00000${piece}.jsonl.sealed`;
      await deps.evidence.put(key, await sealEvidence(deps, 'acme', key, Buffer.from(lines)));
    }
    const item = { caseId: id, item: 0, tenant: 'acme', source: 'files', kind: 'directory', location: '/srv/acme' };
    const counts = { stage: 'copies-dropped' as const, passes: 2, objects: 3, bytes: 3, snapshots: 1 };
    const rest = { ...item, ...counts, steps: [], reasons: [], inventory: prefix, inventoryRoot: writer.root() };
    await deps.table.transact([erasureItems.write(rest)]);
    await raiseAlert(deps, { kind: 'inventory-kept', subject: id, message: 'too large to be mailed' });
    await close();

    const out = join(home.beside, 'handed');
    await home.ends(2, 'certificate', 'inventory', id);
    await home.ends(0, 'certificate', 'inventory', id, '--out', out);
    const file = join(out, 'inventory-files.jsonl');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(proveInInventory(readFileSync(file), 'c.txt', writer.root()).ok).toBe(true);
    expect(await home.json(0, 'alert', 'list')).toHaveLength(1);
    await home.ends(0, 'certificate', 'inventory', id, '--handed-over');
    expect(await home.json(0, 'alert', 'list')).toEqual([]);
    await home.ends(3, 'certificate', 'inventory', id, '--out', join(home.beside, 'again'));
    expect(existsSync(join(home.dir, 'evidence', prefix, '000000.jsonl.sealed'))).toBe(false);
  });
});
