const slabBytes = 16 * 1024;
let slab = Buffer.alloc(0);
let slabAt = 0;

/**
 * A SHA-256 digest that is kept for long, in memory shared with other such digests: a block of its own for every thirty-two
 * bytes, or a corner of Node's pool, would keep much larger blocks around it from being used again.
 *
 * @param text the digest as Latin-1 text, one character per byte
 */
export function keptDigest(text: string): Buffer {
  if (slabAt + text.length > slab.length) {
    slab = Buffer.allocUnsafeSlow(slabBytes);
    slabAt = 0;
  }
  const from = slabAt;
  slabAt += slab.write(text, from, 'latin1');
  return slab.subarray(from, slabAt);
}
