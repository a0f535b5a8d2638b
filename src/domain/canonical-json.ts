import { InvalidError } from './errors.ts';

const maxDepth = 200;

/**
 * Writes a value as canonical JSON (RFC 8785, JCS): members sorted by UTF-16 code units, no white space, one form per
 * string. Equal values give equal bytes, so that text can be hashed and signed.
 *
 * Narrower than the RFC in one point: the only numbers are safe integers, since other readers round floats differently.
 * Bytes go in as base64url text and 64-bit integers as decimal text. Members that are `undefined` are left out.
 *
 * @param value plain objects, arrays, strings, booleans, null and safe integers
 * @returns the text; its UTF-8 bytes are what is hashed
 * @throws InvalidError for anything else: fractions, NaN, lone surrogates, dates, maps, buffers, functions, cycles
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

/** The UTF-8 bytes of {@link canonicalJson}. */
export function canonicalBytes(value: unknown): Buffer {
  return Buffer.from(write(value, 0), 'utf8');
}

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw new InvalidError(`not canonical JSON: nested deeper than ${maxDepth} levels`);
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isSafeInteger(value)) throw new InvalidError(`not canonical JSON: ${value} is no safe integer`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : writeContainer(value, depth);
    default:
      throw new InvalidError(`not canonical JSON: a value of type ${typeof value}`);
  }
}

function writeContainer(value: object, depth: number): string {
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, depth + 1)).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new InvalidError(`not canonical JSON: an object of class ${value.constructor?.name ?? 'unknown'}`);
  }
  const members: string[] = [];
  // Array.prototype.sort without comparator orders by UTF-16 code units, which is the order of RFC 8785 §3.2.3.
  for (const name of Object.keys(value).sort()) {
    const member: unknown = (value as Record<string, unknown>)[name];
    if (member !== undefined) members.push(`${writeString(name)}:${write(member, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}

function writeString(value: string): string {
  if (!value.isWellFormed()) throw new InvalidError('not canonical JSON: a text with half a surrogate pair');
  // ECMAScript's own escaping is the one that RFC 8785 §3.2.2.2 prescribes.
  return JSON.stringify(value);
}
