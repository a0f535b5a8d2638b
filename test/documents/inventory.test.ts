import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type InventoryState, inventoryWriter, proveInInventory } from '../../src/documents/inventory.ts';
import { CorruptError } from '../../src/domain/errors.ts';

const paths = fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 40,
  selector: (path) => Buffer.from(path).toString('hex'),
});

function write(list: readonly Buffer[]): { file: Buffer; root: string; bytes: number; objects: number } {
  const writer = inventoryWriter();
  const lines = list.map((path, i) =>
    writer.add({ path, size: i * 10, salt: randomBytes(16), ...(i % 2 === 0 && { sha256: 'ab'.repeat(32) }) }),
  );
  return { file: Buffer.from(lines.join('')), root: writer.root(), bytes: writer.bytes, objects: writer.objects };
}

describe('inventory', () => {
  it('proves every path that it lists, also names that are not UTF-8, and no other', () => {
    fc.assert(
      fc.property(paths, (names) => {
        const list = names.map((name) => Buffer.from(name));
        const { file, root } = write(list);
        for (const [i, path] of list.entries()) {
          expect(proveInInventory(file, path, root)).toMatchObject({
            ok: true,
            object: { path, size: i * 10 },
            proof: { index: i, size: list.length },
          });
        }
        expect(proveInInventory(file, Buffer.from('no such path at all'), root)).toMatchObject({ ok: false });
      }),
      { numRuns: 30 },
    );
  });

  it('counts objects and bytes', () => {
    expect(write(['a', 'b', 'c'].map((name) => Buffer.from(name)))).toMatchObject({ objects: 3, bytes: 30 });
    expect(write([]).objects).toBe(0);
  });

  it('comes out the same whether one writer or several in a row have written it', () => {
    fc.assert(
      fc.property(paths, fc.array(fc.nat(40)), (names, cuts) => {
        const objects = names.map((name, i) => ({ path: Buffer.from(name), size: i * 10, salt: randomBytes(16) }));
        const one = inventoryWriter();
        let writer = inventoryWriter();
        for (const [i, object] of objects.entries()) {
          if (cuts.includes(i)) writer = inventoryWriter(JSON.parse(JSON.stringify(writer.state())) as InventoryState);
          expect(writer.add(object)).toBe(one.add(object));
        }
        expect([writer.root(), writer.bytes, writer.objects]).toEqual([one.root(), one.bytes, one.objects]);
      }),
      { numRuns: 30 },
    );
  });

  it('finds any change of any line', () => {
    const { file, root } = write(['a', 'b', 'c', 'd', 'e'].map((name) => Buffer.from(name)));
    for (let position = 0; position < file.length; position++) {
      const changed = Buffer.from(file);
      changed[position]! ^= 1;
      const proofs = ['a', 'b', 'c', 'd', 'e'].map((path) => {
        try {
          return proveInInventory(changed, path, root).ok;
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptError);
          return false;
        }
      });
      // A line proves itself by its content and the others by their leaves: one changed byte breaks at least its own line.
      expect(proofs.filter((ok) => ok).length, `byte ${position}`).toBeLessThan(5);
    }
  });

  it('says what is wrong', () => {
    const { file, root } = write([Buffer.from('a'), Buffer.from('b')]);
    const altered = Buffer.from(file.toString('utf8').replace('"size":10', '"size":11'));
    expect(proveInInventory(altered, 'b', root)).toEqual({
      ok: false,
      problem: 'line 2 was altered: its content does not have its leaf hash',
    });
    expect(proveInInventory(file, 'b', 'ab'.repeat(32))).toMatchObject({
      problem: expect.stringContaining('Merkle root'),
    });
    expect(proveInInventory(file, 'x', root)).toEqual({ ok: false, problem: 'the path is not in this inventory' });
  });

  it.each([
    ['no JSON', 'x'],
    ['a number', '1'],
    ['an object without leaf', '{"path":"a"}'],
  ])('refuses a line that is %s, with its number', (_, line) => {
    const { file, root } = write([Buffer.from('a')]);
    expect(() => proveInInventory(Buffer.concat([file, Buffer.from(`${line}\n`)]), 'a', root)).toThrow(/line 2/);
  });

  it('gives the same path another leaf each time, so that a root tells nothing', () => {
    const one = [Buffer.from('secret.txt')];
    expect(write(one).root).not.toBe(write(one).root);
  });
});
