import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { frameContext, openFrame, sealFrame } from '../../src/repository/frame.ts';
import { objectKey } from '../../src/repository/object-names.ts';
import { isPackClosed, PackWriter } from '../../src/repository/pack-writer.ts';
import { memoryObjectStore } from '../memory-ports.ts';
import { noise } from './noise.ts';

const scope = { tenant: 'acme', source: 'files' };
const context = frameContext(scope);
const base = { scope, intent: '0123456789abcdef0123', attempt: '1', packBytes: 10_000 };

describe('PackWriter', () => {
  it('fills packs, closes them at their size, and every frame opens from the store', async () => {
    const objects = memoryObjectStore();
    const writer = new PackWriter({ ...base, objects });
    const chunks = Array.from({ length: 40 }, (_, i) => noise(`chunk ${i}`, 100 + i * 37));
    const frames = [];
    for (const chunk of chunks) {
      frames.push(writer.append(sealFrame(chunk, context)));
      await writer.ready();
    }
    expect(isPackClosed(frames.at(-1)!.pack)).toBe(false);
    const packs = await writer.finish();
    expect(packs.length).toBe(new Set(frames.map((frame) => frame.pack)).size);
    expect(packs.length).toBeGreaterThan(2);
    expect(packs.reduce((sum, pack) => sum + pack.length, 0)).toBe(writer.bytes);
    for (const pack of packs) {
      const stored = await objects.get(objectKey(scope, 'pack', pack.id));
      expect(stored.length).toBe(pack.length);
      expect(createHash('sha256').update(stored).digest()).toEqual(pack.sha256);
    }
    for (const [i, frame] of frames.entries()) {
      expect(isPackClosed(frame.pack)).toBe(true);
      const stored = await objects.get(objectKey(scope, 'pack', frame.pack.id), frame);
      expect(openFrame(stored, frame, context)).toEqual(chunks[i]);
    }
  });

  it('writes nothing when nothing was appended', async () => {
    const objects = memoryObjectStore();
    expect(await new PackWriter({ ...base, objects }).finish()).toEqual([]);
    for await (const info of objects.list('')) expect(info).toBeUndefined();
  });

  it('waits for the store when too many packs are on their way', async () => {
    const objects = memoryObjectStore();
    const releases: (() => void)[] = [];
    const slow = { ...objects, put: () => new Promise<void>((resolve) => releases.push(resolve)) };
    const writer = new PackWriter({ ...base, objects: slow, packBytes: 10, inFlight: 1 });
    await writer.ready();
    writer.append(sealFrame(noise('a', 20), context));
    let waited = false;
    const ready = writer.ready().then(() => {
      waited = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(waited).toBe(false);
    releases[0]?.();
    await ready;
    expect(waited).toBe(true);
  });

  it('a fault of the store comes out of ready and finish', async () => {
    const broken = { ...memoryObjectStore(), put: () => Promise.reject(new Error('disk full')) };
    const writer = new PackWriter({ ...base, objects: broken, packBytes: 10, inFlight: 1 });
    writer.append(sealFrame(noise('a', 20), context));
    await expect(writer.ready()).rejects.toThrow('disk full');
    await expect(writer.finish()).rejects.toThrow('disk full');
  });
});
