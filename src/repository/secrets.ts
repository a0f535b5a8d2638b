import { hkdfSync } from 'node:crypto';

/** What the boundaries of one source depend on, so that they tell nothing about known content to who lacks the key. */
export interface SourceSecrets {
  /** 256 words for the gear hash of the chunker. */
  gear: Int32Array;
  /** SipHash key (16 bytes) that decides where parts begin. */
  boundary: Buffer;
  /** SipHash key (16 bytes) of the shortened hashes of a part's first and last key. */
  bounds: Buffer;
}

/** HKDF-SHA256 (RFC 5869), empty salt, `label` as info. */
function derive(key: Buffer, label: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), label, bytes));
}

/** Derives the secrets of a source from its `source/<tenant>/<source>` key. Equal keys give equal secrets. */
export function deriveSourceSecrets(key: Buffer): SourceSecrets {
  const words = derive(key, 'tenure/v1 gear', 256 * 4);
  const gear = new Int32Array(256);
  for (let i = 0; i < 256; i++) gear[i] = words.readInt32LE(i * 4);
  return {
    gear,
    boundary: derive(key, 'tenure/v1 boundary', 16),
    bounds: derive(key, 'tenure/v1 bounds', 16),
  };
}
