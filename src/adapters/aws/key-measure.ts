/** The greatest character: a prefix with it behind sorts after everything that begins with the prefix. */
const LAST = 0x10ffff;
/** Surrogates are no characters of their own. */
const SURROGATES = { from: 0xd800, to: 0xdfff };
/** End of ASCII, where most keys end. */
const ASCII_END = 0x7f;
/** Places behind the first difference that are looked at; what comes later is below any estimate. */
const PLACES = 16;

/**
 * How far apart keys are. Keys are read as numbers with a base of its own at each place: the characters that were seen there, and
 * one for those that were not. For counters, dates and hashes that is close to how many keys lie between.
 */
export class KeyMeasure {
  /** Characters seen at each place, sorted. */
  readonly #alphabets: number[][] = [];

  learn(keys: readonly string[]): void {
    const seen: Set<number>[] = this.#alphabets.map((alphabet) => new Set(alphabet));
    for (const key of keys) {
      let place = 0;
      for (const character of key) {
        seen[place] ??= new Set();
        seen[place]?.add(character.codePointAt(0) ?? 0);
        place++;
      }
    }
    for (const [place, characters] of seen.entries()) {
      if (characters.size !== this.#alphabets[place]?.length) {
        this.#alphabets[place] = [...characters].sort((a, b) => a - b);
      }
    }
  }

  /** How many times the way from `first` to `last` fits into the way from `last` to `end` (undefined: the end of all keys). */
  ratio(first: string, last: string, end: string | undefined): number {
    const [from, to, until] = [pointsOf(first), pointsOf(last), end === undefined ? [LAST] : pointsOf(end)];
    const seen = difference(from, to);
    const unseen = difference(to, until);
    let scale = 1;
    for (let place = unseen + 1; place <= seen; place++) scale *= this.#base(place);
    const way = this.#way(from, to, seen);
    const further = this.#way(to, until, unseen);
    // A single key tells no density: whatever lies beyond it counts as unknown, and much.
    if (way <= 0) return further <= 0 ? 0 : Number.MAX_SAFE_INTEGER;
    return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, (further * scale) / way));
  }

  /**
   * A text from `last` on and below `end` for a page to begin after. By turns, as probes miss: halfway in the measure, and the end
   * of a prefix of `last`, which finds out in few steps that all keys share it. `last` itself where nothing lies between.
   */
  between(last: string, end: string | undefined, misses: number): string {
    const [to, until] = [pointsOf(last), end === undefined ? [LAST] : pointsOf(end)];
    const tries = misses === 0 ? [this.#halfway, prefixEnd] : [prefixEnd, this.#halfway];
    for (const attempt of tries) {
      const middle = attempt.call(this, to, until);
      if (middle !== undefined && compare(to, middle) < 0 && compare(middle, until) < 0) {
        return String.fromCodePoint(...middle);
      }
    }
    return last;
  }

  /** Between two keys at the place where they differ first: among the characters that were seen there, else by number. */
  #halfway(from: number[], to: number[]): number[] | undefined {
    const place = difference(from, to);
    const [low, high] = [from[place] ?? -1, to[place] ?? LAST];
    const known = (this.#alphabets[place] ?? []).filter((character) => character > low && character < high);
    const shared = from.slice(0, place);
    if (known.length > 0) return [...shared, known[(known.length - 1) >> 1] ?? LAST];
    if (low < ASCII_END && high > ASCII_END) return [...shared, ASCII_END];
    return high - low < 2 ? this.#deeper(from, place) : [...shared, character((low + high) >> 1)];
  }

  /** Between a key and the end of what shares one more character with it. */
  #deeper(from: number[], place: number): number[] | undefined {
    if (place + 1 >= from.length) return undefined;
    const above = (this.#alphabets[place + 1] ?? []).filter((character) => character > (from[place + 1] ?? -1));
    return [...from.slice(0, place + 1), above[above.length >> 1] ?? LAST];
  }

  #way(from: number[], to: number[], place: number): number {
    return this.#fraction(to, place) - this.#fraction(from, place);
  }

  /** A key from some place on as a number, in units of a character at that place. */
  #fraction(points: readonly number[], from: number): number {
    let [sum, unit] = [0, 1];
    for (let place = from; place < Math.min(points.length, from + PLACES); place++) {
      sum += this.#rank(place, points[place] ?? 0) * unit;
      unit /= this.#base(place + 1);
    }
    return sum;
  }

  #base(place: number): number {
    return (this.#alphabets[place]?.length ?? 0) + 1;
  }

  #rank(place: number, character: number): number {
    const alphabet = this.#alphabets[place] ?? [];
    const rank = alphabet.findIndex((known) => known >= character);
    return rank === -1 ? alphabet.length : rank;
  }
}

/** The end of a prefix of a key: halfway between what it shares with `to` and its whole length. */
function prefixEnd(from: number[], to: number[]): number[] | undefined {
  const shared = difference(from, to) + 1;
  if (shared >= from.length) return undefined;
  return [...from.slice(0, (shared + from.length) >> 1), LAST];
}

function pointsOf(key: string): number[] {
  return Array.from(key, (character) => character.codePointAt(0) ?? 0);
}

function character(point: number): number {
  return point >= SURROGATES.from && point <= SURROGATES.to ? SURROGATES.from - 1 : point;
}

/** The first place at which two keys differ. */
function difference(a: readonly number[], b: readonly number[]): number {
  let place = 0;
  while (place < a.length && place < b.length && a[place] === b[place]) place++;
  return place;
}

/** By characters, which is the order of UTF-8. */
function compare(a: readonly number[], b: readonly number[]): number {
  const place = difference(a, b);
  return (a[place] ?? -1) - (b[place] ?? -1);
}
