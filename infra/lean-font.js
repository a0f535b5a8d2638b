import { isShowable } from '../src/documents/pdf-fonts.ts';

/**
 * The font without what no document can show: outlines of signs that `showable` writes as their number, names of glyphs, and
 * tables for screens, formulas and ligatures (which would bring glyphs that no sign stands for). Numbers of glyphs stay the same.
 * Tables as in the OpenType specification 1.9.
 */
export function leanFont(font) {
  const tables = readTables(font);
  const outlines = outlinesOf(tables);
  const { glyf, loca } = onlyOutlines(outlines, neededGlyphs(tables.get('cmap'), outlines), tables);
  const dropped = new Set(['FFTM', 'GSUB', 'MATH', 'gasp']);
  const kept = [...tables].filter(([tag]) => !dropped.has(tag));
  const lean = new Map(kept);
  lean.set('glyf', glyf);
  lean.set('loca', loca);
  // Version 3: no names of glyphs.
  const post = Buffer.from(tables.get('post').subarray(0, 32));
  post.writeUInt32BE(0x00030000, 0);
  lean.set('post', post);
  return writeTables(font.subarray(0, 4), lean);
}

function readTables(font) {
  const count = font.readUInt16BE(4);
  return new Map(
    Array.from({ length: count }, (_, i) => {
      const at = 12 + 16 * i;
      const offset = font.readUInt32BE(at + 8);
      return [font.toString('latin1', at, at + 4), font.subarray(offset, offset + font.readUInt32BE(at + 12))];
    }),
  );
}

/** Whether `loca` has offsets of 32 bits, or halves of them in 16. */
const isLong = (tables) => tables.get('head').readInt16BE(50) === 1;

/** The outline of each glyph; empty for a blank one. */
function outlinesOf(tables) {
  const [loca, glyf, long] = [tables.get('loca'), tables.get('glyf'), isLong(tables)];
  const offset = (glyph) => (long ? loca.readUInt32BE(4 * glyph) : 2 * loca.readUInt16BE(2 * glyph));
  const count = loca.length / (long ? 4 : 2) - 1;
  return Array.from({ length: count }, (_, glyph) => glyf.subarray(offset(glyph), offset(glyph + 1)));
}

/** Glyphs of signs that are shown, with the parts they are composed of; 0 stands for what the font lacks. */
function neededGlyphs(cmap, outlines) {
  const needed = new Set([0]);
  const add = (glyph) => {
    if (needed.has(glyph)) return;
    needed.add(glyph);
    for (const part of partsOf(outlines[glyph])) add(part);
  };
  for (const [sign, glyph] of signs(cmap)) if (isShowable(String.fromCodePoint(sign))) add(glyph);
  return needed;
}

/** Glyphs that a composite one consists of. */
function partsOf(data) {
  if (data.length === 0 || data.readInt16BE(0) >= 0) return [];
  const parts = [];
  for (let at = 10, flags = 0x20; flags & 0x20; ) {
    flags = data.readUInt16BE(at);
    parts.push(data.readUInt16BE(at + 2));
    at += 4 + (flags & 0x1 ? 4 : 2) + (flags & 0x8 ? 2 : flags & 0x40 ? 4 : flags & 0x80 ? 8 : 0);
  }
  return parts;
}

/** Every sign below U+10000 with its glyph, from the subtable of format 4. */
function* signs(cmap) {
  const count = cmap.readUInt16BE(2);
  const subtables = Array.from({ length: count }, (_, i) => cmap.subarray(cmap.readUInt32BE(8 + 8 * i)));
  const table = subtables.find((subtable) => subtable.readUInt16BE(0) === 4);
  const segments = table.readUInt16BE(6) / 2;
  // Four lists of 16-bit words, one after the other: ends, (a word of padding,) starts, deltas, offsets of ranges.
  const [ends, starts] = [14, 16 + 2 * segments];
  const [deltas, ranges] = [starts + 2 * segments, starts + 4 * segments];
  for (let i = 0; i < 2 * segments; i += 2) {
    const start = table.readUInt16BE(starts + i);
    const delta = table.readUInt16BE(deltas + i);
    const range = table.readUInt16BE(ranges + i);
    for (let sign = start; sign <= table.readUInt16BE(ends + i) && sign < 0xffff; sign++) {
      const glyph = range === 0 ? sign : table.readUInt16BE(ranges + i + range + 2 * (sign - start));
      yield [sign, range !== 0 && glyph === 0 ? 0 : (glyph + delta) & 0xffff];
    }
  }
}

function onlyOutlines(outlines, needed, tables) {
  const long = isLong(tables);
  const loca = Buffer.alloc(tables.get('loca').length);
  const pieces = [];
  let end = 0;
  outlines.forEach((data, glyph) => {
    if (needed.has(glyph)) {
      pieces.push(data, Buffer.alloc(-data.length & 3));
      end += data.length + (-data.length & 3);
    }
    if (long) loca.writeUInt32BE(end, 4 * (glyph + 1));
    else loca.writeUInt16BE(end / 2, 2 * (glyph + 1));
  });
  return { glyf: Buffer.concat(pieces), loca };
}

function writeTables(version, tables) {
  const names = [...tables.keys()].sort();
  const largest = 2 ** Math.floor(Math.log2(names.length));
  const header = Buffer.alloc(12 + 16 * names.length);
  version.copy(header);
  header.writeUInt16BE(names.length, 4);
  header.writeUInt16BE(16 * largest, 6);
  header.writeUInt16BE(Math.log2(largest), 8);
  header.writeUInt16BE(16 * (names.length - largest), 10);
  const parts = [header];
  let offset = header.length;
  names.forEach((name, i) => {
    const data = tables.get(name);
    const at = 12 + 16 * i;
    header.write(name, at, 'latin1');
    header.writeUInt32BE(checksum(data), at + 4);
    header.writeUInt32BE(offset, at + 8);
    header.writeUInt32BE(data.length, at + 12);
    const padding = Buffer.alloc(-data.length & 3);
    parts.push(data, padding);
    offset += data.length + padding.length;
  });
  return Buffer.concat(parts);
}

/** The sum of a table's 32-bit words; `head` holds one over the whole font, which readers of PDF do not look at. */
function checksum(data) {
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) {
    const word =
      at + 4 <= data.length
        ? data.readUInt32BE(at)
        : Buffer.concat([data.subarray(at), Buffer.alloc(4)]).readUInt32BE(0);
    sum = (sum + word) >>> 0;
  }
  return sum;
}
