import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isPartBoundary, keyBound } from '../../src/repository/boundary.ts';
import { findCut } from '../../src/repository/chunker.ts';
import { frameContext, openFrame } from '../../src/repository/frame.ts';
import { canonicalEntry, contentHash, leafOf } from '../../src/repository/leaf.ts';
import type { Entry } from '../../src/repository/model.ts';
import { objectKey } from '../../src/repository/object-names.ts';
import { openPart, partMerkle, unpackMessage } from '../../src/repository/part.ts';
import { decodePart, encodePart } from '../../src/repository/part-codec.ts';
import { openRoot, readRootHeader } from '../../src/repository/root.ts';
import { decodeRoot, encodeRoot } from '../../src/repository/root-codec.ts';
import { aad, openMessage, sealMessage } from '../../src/repository/seal.ts';
import { deriveSourceSecrets } from '../../src/repository/secrets.ts';
import { noise } from './noise.ts';
import { unbase64, unhex, vectorEntry, vectorFrames, vectorPartRef, vectorRoot, vectors } from './read-vectors.ts';

describe('frozen vectors of format v1', () => {
  it('secrets of a source', () => {
    const vector = vectors('secrets.json');
    const secrets = deriveSourceSecrets(unhex(vector.sourceKey));
    expect([...secrets.gear.subarray(0, 4)]).toEqual(vector.gearFirst);
    expect(hash('sha256', Buffer.from(secrets.gear.buffer))).toBe(vector.gearSha256);
    expect(secrets.boundary.toString('hex')).toBe(vector.boundary);
    expect(secrets.bounds.toString('hex')).toBe(vector.bounds);
  });

  it('chunk cuts', () => {
    const { sourceKey, inputs } = vectors('chunk-cuts.json');
    const { gear } = deriveSourceSecrets(unhex(sourceKey));
    for (const input of inputs) {
      const data = 'zeros' in input ? Buffer.alloc(input.length) : noise(input.shake128Of, input.length);
      const cuts: number[] = [];
      for (let at = 0; at < data.length; cuts.push(at)) at = findCut(data, at, data.length, true, gear);
      expect(cuts).toEqual(input.cuts);
    }
  });

  it('part boundaries and bounds', () => {
    const { sourceKey, keys } = vectors('boundary.json');
    const secrets = deriveSourceSecrets(unhex(sourceKey));
    for (const { key, boundary, bound } of keys) {
      expect(isPartBoundary(unhex(key), secrets), key).toBe(boundary);
      expect(keyBound(unhex(key), secrets).toString('hex'), key).toBe(bound);
    }
    expect(new Set(keys.map(({ boundary }) => boundary)).size).toBe(2);
  });

  it('a pack: every frame opens, and what is raw seals to the same bytes', () => {
    const { tenant, source, pack, bytes, frames, objectKey: key } = vectors('pack.json');
    const stored = unbase64(bytes);
    expect(key).toBe(objectKey({ tenant, source }, 'pack', pack.id));
    expect(stored.length).toBe(pack.length);
    expect(hash('sha256', stored)).toBe(pack.sha256);
    const associated = aad('frame', tenant, source);
    for (const [i, frame] of vectorFrames().entries()) {
      const sealed = stored.subarray(frame.offset, frame.offset + frame.length);
      const plaintext = unbase64(frames[i]!.plaintext);
      expect(openFrame(sealed, frame, frameContext({ tenant, source }))).toEqual(plaintext);
      expect(sealMessage(frame.key, associated, openMessage(frame.key, associated, sealed))).toEqual(sealed);
      if (frame.codec === 'raw') expect(sealMessage(frame.key, associated, plaintext)).toEqual(sealed);
    }
    expect(frames.map(({ codec }) => codec)).toEqual(['raw', 'zstd', 'zstd']);
  });

  it('leaves', () => {
    const frames = vectorFrames();
    for (const { entry: vector, canonical, leaf, contentHash: content } of vectors('leaf.json').entries) {
      const entry = vectorEntry(vector, frames) as Entry;
      expect(canonicalEntry(entry).toString('hex')).toBe(canonical);
      expect(leafOf(entry).toString('hex')).toBe(leaf);
      expect(hash('sha256', Buffer.concat([Buffer.from([0]), entry.salt, unhex(canonical)]))).toBe(leaf);
      expect(contentHash(entry.chunks).toString('hex')).toBe(content);
    }
  });

  it('a part opens to its entries, and these encode and seal to the same bytes', () => {
    const {
      tenant,
      source,
      ref: refVector,
      entries: entryVectors,
      plaintext,
      bytes,
      objectKey: key,
    } = vectors('part.json');
    const ref = vectorPartRef(refVector);
    const frames = vectorFrames();
    const entries = entryVectors.map((vector) => vectorEntry(vector, frames));
    expect(key).toBe(objectKey({ tenant, source }, 'part', ref.id));
    expect(openPart(unbase64(bytes), ref, { tenant, source })).toEqual(entries);
    expect(decodePart(unbase64(plaintext))).toEqual(entries);
    expect(encodePart(entries)).toEqual(unbase64(plaintext));
    expect(partMerkle(entries)).toEqual(ref.merkle);
    // zstd may shrink differently in another release, so the seal is compared over the compressed message.
    const associated = aad('part', tenant, source, ref.id);
    const message = openMessage(ref.key, associated, unbase64(bytes));
    expect(unpackMessage(message, 'the part')).toEqual(unbase64(plaintext));
    expect(sealMessage(ref.key, associated, message)).toEqual(unbase64(bytes));
  });

  it.each(vectors('root.json').roots.map((vector) => [vector.name, vector] as const))(
    'a root: %s',
    async (_name, vector) => {
      const { key, keyRef } = vectors('root.json');
      const stored = unbase64(vector.bytes);
      const expected = vectorRoot(vector);
      const fetchNode = async ({ id }: { id: string }): Promise<Buffer> => unbase64(vector.nodes[id]!);
      expect(hash('sha256', stored)).toBe(vector.digest);
      const { tenant, source, snapshot } = expected;
      const { headerLength, ...header } = readRootHeader(stored);
      expect(header).toEqual({ tenant, source, snapshot, key: keyRef });
      expect(await openRoot(stored, unhex(key), fetchNode)).toEqual(expected);
      expect(encodeRoot(expected)).toEqual(unbase64(vector.plaintext));
      expect(encodeRoot(decodeRoot(unbase64(vector.plaintext), { tenant, source }, 'the root'))).toEqual(
        unbase64(vector.plaintext),
      );
      const associated = Buffer.concat([aad('root', tenant, source, snapshot), stored.subarray(0, headerLength)]);
      const message = openMessage(unhex(key), associated, stored.subarray(headerLength));
      expect(sealMessage(unhex(key), associated, message)).toEqual(stored.subarray(headerLength));
    },
  );
});
