import { KeyMeasure } from './key-measure.ts';
import { compareKeys } from './s3-keys.ts';

/** One page of a listing: up to a thousand keys after a text, in byte order, and whether there are more. */
export type KeysAfter = (after: string) => Promise<{ keys: string[]; more: boolean }>;

/** Requests at once. */
const AT_ONCE = 16;
/** Of a page so many keys may become cuts: every twentieth, 5 % of the least piece worth its own reader. */
const EVERY = 20;
/** Rounds in which too great weights and the weight of a piece are brought together. */
const ROUNDS = 12;
/** Requests for n pieces: 128 to find out how the keys are spread, and 16 to place each cut. */
export function mostRequests(pieces: number): number {
  return 128 + 16 * pieces;
}

/** A stretch of the key space: keys greater than the text before it, up to `end`, of which the first thousand were seen. */
interface Stretch {
  first: string;
  last: string;
  seen: number;
  /** Keys that may become cuts, with how many of the stretch come before them. */
  cuts: { key: string; before: number }[];
  /** No key of it is greater; undefined: up to the end of all keys. */
  end: string | undefined;
  /** Every key was seen. */
  isWhole: boolean;
  /** Probes in a row behind the last seen key that found nothing. */
  misses: number;
}

/**
 * At most `pieces - 1` keys that cut the source into about equal pieces, with at most {@link mostRequests} pages of listing,
 * whatever its size. A source of no more pages than that comes out nearly equal; beyond, pieces are as equal as the estimate is good.
 *
 * Each page tells how dense the keys are where it lies. What lies between the last key of a page and the next stretch is
 * estimated from that density, in a measure of keys that learns which characters occur at which place ({@link KeyMeasure}). The
 * stretch with the greatest estimate is cut again by a page from its middle, until none weighs more than a quarter of a piece or
 * the requests are used up: adaptive quadrature, as for an integral. A page from an empty middle moves the end of its stretch
 * there, so that gaps cost the logarithm of their width.
 */
export async function splitKeys(list: KeysAfter, pieces: number): Promise<string[]> {
  if (pieces < 2) return [];
  const measure = new KeyMeasure();
  const stretches: Stretch[] = [];
  const first = await pageAfter(list, measure, '', undefined);
  if (first !== undefined) stretches.push(first);
  for (let requests = 1; requests < mostRequests(pieces); ) {
    const heavy = heaviest(stretches, measure, pieces).slice(0, Math.min(AT_ONCE, mostRequests(pieces) - requests));
    if (heavy.length === 0) break;
    requests += heavy.length;
    const found = await Promise.all(heavy.map(async (stretch) => await cutStretch(list, measure, stretch)));
    stretches.push(...found.flatMap((one) => one ?? []));
  }
  stretches.sort((a, b) => compareKeys(a.first, b.first));
  return cutsOf(stretches, measure, pieces);
}

/** Stretches worth another request, heaviest first. */
function heaviest(stretches: readonly Stretch[], measure: KeyMeasure, pieces: number): Stretch[] {
  const weights = stretches.map((stretch) => ({ stretch, weight: weightOf(stretch, measure) }));
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  return weights
    .filter(({ stretch, weight }) => !stretch.isWhole && weight > total / pieces / 4)
    .sort((a, b) => b.weight - a.weight)
    .map(({ stretch }) => stretch);
}

/** Asks for a page from within the unseen part of a stretch; what it finds is a stretch of its own. */
async function cutStretch(list: KeysAfter, measure: KeyMeasure, stretch: Stretch): Promise<Stretch | undefined> {
  const middle = measure.between(stretch.last, stretch.end, stretch.misses);
  const found = await pageAfter(list, measure, middle, stretch.end);
  stretch.end = middle;
  stretch.isWhole = middle === stretch.last;
  stretch.misses = found === undefined ? stretch.misses + 1 : 0;
  return found;
}

async function pageAfter(
  list: KeysAfter,
  measure: KeyMeasure,
  after: string,
  end: string | undefined,
): Promise<Stretch | undefined> {
  const page = await list(after);
  const keys = end === undefined ? page.keys : page.keys.filter((key) => compareKeys(key, end) <= 0);
  measure.learn(page.keys);
  const [first, last] = [keys[0], keys.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return {
    ...{ first, last, end, seen: keys.length, misses: 0 },
    cuts: keys.flatMap((key, before) => (before % EVERY === 0 ? { key, before } : [])),
    isWhole: !page.more || keys.length < page.keys.length || last === end,
  };
}

/** How many keys a stretch has, as far as that can be told. */
function weightOf({ first, last, end, seen, isWhole, cuts }: Stretch, measure: KeyMeasure): number {
  if (isWhole) return seen;
  // Pages may begin in a sparse part and end in a dense one: what follows is like their end, or like all of them.
  const tail = Math.max(1, seen - (cuts.at(-3)?.before ?? 0));
  return (
    seen + Math.max(seen * measure.ratio(first, last, end), tail * measure.ratio(cuts.at(-3)?.key ?? first, last, end))
  );
}

/** For each share of the whole the key that lies nearest to it. */
function cutsOf(stretches: readonly Stretch[], measure: KeyMeasure, pieces: number): string[] {
  const weights = stretches.map((stretch) => weightOf(stretch, measure));
  const cuts = cutsBy(stretches, weights, pieces);
  return cuts.length > (pieces - 1) / 2 ? cuts : cutsBy(stretches, capped(stretches, weights, pieces), pieces);
}

/**
 * Weights, none above a whole piece: an estimate that is far too high would take the cuts away from all others, and inside a
 * stretch of which little was seen no key is known to cut it.
 */
function capped(stretches: readonly Stretch[], weights: readonly number[], pieces: number): number[] {
  let now = [...weights];
  for (let round = 0; round < ROUNDS; round++) {
    const piece = now.reduce((sum, weight) => sum + weight, 0) / pieces;
    now = now.map((weight, index) => Math.min(weight, Math.max(piece, stretches[index]?.seen ?? 0)));
  }
  return now;
}

function cutsBy(stretches: readonly Stretch[], weights: readonly number[], pieces: number): string[] {
  const places: { key: string; at: number }[] = [];
  let total = 0;
  for (const [index, stretch] of stretches.entries()) {
    for (const { key, before } of stretch.cuts) places.push({ key, at: total + before });
    total += weights[index] ?? 0;
  }
  const cuts = new Set<string>();
  let index = 1;
  for (let piece = 1; piece < pieces; piece++) {
    const wanted = (total * piece) / pieces;
    while (distance(places[index + 1], wanted) < distance(places[index], wanted)) index++;
    const nearest = places[index];
    if (nearest !== undefined) cuts.add(nearest.key);
  }
  return [...cuts];
}

function distance(place: { at: number } | undefined, wanted: number): number {
  return place === undefined ? Number.POSITIVE_INFINITY : Math.abs(place.at - wanted);
}
