/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits, made for short input. Words of 64 bits are kept as two
 * halves of 32, since BigInt would be a hundred times slower. Answers through `low` and `high`, so that nothing is allocated.
 */
export class SipHash {
  readonly #key: Int32Array;
  /** Lower half of the last hash, as a signed 32-bit integer. */
  low = 0;
  /** Upper half of the last hash. */
  high = 0;

  /** `key`: 16 bytes. */
  constructor(key: Buffer) {
    if (key.length !== 16) throw new RangeError(`a SipHash key has 16 bytes, not ${key.length}`);
    this.#key = Int32Array.from([0, 4, 8, 12], (at) => key.readInt32LE(at));
  }

  /** Hashes `data` into `low` and `high`. */
  hash(data: Uint8Array): void {
    const [k0l = 0, k0h = 0, k1l = 0, k1h = 0] = this.#key;
    let v0l = k0l ^ 0x70736575;
    let v0h = k0h ^ 0x736f6d65;
    let v1l = k1l ^ 0x6e646f6d;
    let v1h = k1h ^ 0x646f7261;
    let v2l = k0l ^ 0x6e657261;
    let v2h = k0h ^ 0x6c796765;
    let v3l = k1l ^ 0x79746573;
    let v3h = k1h ^ 0x74656462;
    const length = data.length;
    const words = length >>> 3;
    // `words` whole words, one with the rest and the length, then four rounds to finish.
    for (let word = 0; word <= words + 1; word++) {
      let ml = 0;
      let mh = 0;
      let rounds = 2;
      const at = word * 8;
      if (word < words) {
        ml = half(data, at);
        mh = half(data, at + 4);
      } else if (word === words) {
        for (let i = at; i < length; i++) {
          if (i - at < 4) ml |= (data[i] as number) << ((i - at) * 8);
          else mh |= (data[i] as number) << ((i - at - 4) * 8);
        }
        mh |= length << 24;
      } else {
        v2l ^= 0xff;
        rounds = 4;
      }
      v3l ^= ml;
      v3h ^= mh;
      for (let round = 0; round < rounds; round++) {
        let l = (v0l + v1l) | 0;
        v0h = (v0h + v1h + carry(l, v1l)) | 0;
        v0l = l;
        let t = v1l;
        v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
        v1h = ((v1h << 13) | (t >>> 19)) ^ v0h;
        t = v0l;
        v0l = v0h;
        v0h = t;
        l = (v2l + v3l) | 0;
        v2h = (v2h + v3h + carry(l, v3l)) | 0;
        v2l = l;
        t = v3l;
        v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
        v3h = ((v3h << 16) | (t >>> 16)) ^ v2h;
        l = (v0l + v3l) | 0;
        v0h = (v0h + v3h + carry(l, v3l)) | 0;
        v0l = l;
        t = v3l;
        v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
        v3h = ((v3h << 21) | (t >>> 11)) ^ v0h;
        l = (v2l + v1l) | 0;
        v2h = (v2h + v1h + carry(l, v1l)) | 0;
        v2l = l;
        t = v1l;
        v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
        v1h = ((v1h << 17) | (t >>> 15)) ^ v2h;
        t = v2l;
        v2l = v2h;
        v2h = t;
      }
      v0l ^= ml;
      v0h ^= mh;
    }
    this.low = v0l ^ v1l ^ v2l ^ v3l;
    this.high = v0h ^ v1h ^ v2h ^ v3h;
  }
}

/** Four bytes, lowest first. */
function half(data: Uint8Array, at: number): number {
  return (
    (data[at] as number) |
    ((data[at + 1] as number) << 8) |
    ((data[at + 2] as number) << 16) |
    ((data[at + 3] as number) << 24)
  );
}

/** Whether adding `term` made `sum` pass 2^32. */
function carry(sum: number, term: number): number {
  return sum >>> 0 < term >>> 0 ? 1 : 0;
}
