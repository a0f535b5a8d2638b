import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** Attributes of one item. */
export type Attributes = Record<string, Value>;

/** Only strings and numbers occur. */
export type Value = AttributeValue.SMember | AttributeValue.NMember;

/** Expression, with what its placeholders stand for. */
export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Attributes | undefined;
}

const text = (value: Value | undefined) => value?.S ?? value?.N;

function compared(a: Value, b: Value): number {
  if (a.N !== undefined && b.N !== undefined) return Number(a.N) - Number(b.N);
  return Buffer.compare(Buffer.from(a.S ?? ''), Buffer.from(b.S ?? ''));
}

/** Evaluates what the adapters write: comparisons and functions, joined by OR and AND, without brackets. */
export function holds(expression: string | undefined, item: Attributes | undefined, given: Placeholders): boolean {
  if (expression === undefined) return true;
  // BETWEEN has an AND of its own.
  const marked = expression.replaceAll(/(\S+) BETWEEN (\S+) AND (\S+)/g, '$1 >= $2 AND $1 <= $3');
  return marked.split(' OR ').some((any) => any.split(' AND ').every((term) => termHolds(term.trim(), item, given)));
}

function termHolds(term: string, item: Attributes | undefined, given: Placeholders): boolean {
  const nameOf = (name = '') => (name.startsWith('#') ? (given.ExpressionAttributeNames?.[name] ?? '') : name);
  const meant = (name = '') => {
    const value = given.ExpressionAttributeValues?.[name];
    if (value === undefined) throw new Error(`${name} stands for nothing`);
    return value;
  };
  const call = /^(attribute_exists|attribute_not_exists|begins_with)\(([^,)]+)(?:, (\S+))?\)$/.exec(term);
  if (call) {
    const attribute = item?.[nameOf(call[2])];
    if (call[1] === 'begins_with') return text(attribute)?.startsWith(text(meant(call[3])) ?? '') ?? false;
    return (attribute !== undefined) === (call[1] === 'attribute_exists');
  }
  const comparison = /^(\S+) (=|<|<=|>|>=) (:\w+)$/.exec(term);
  if (!comparison) throw new Error(`the fake does not know ${term}`);
  const attribute = item?.[nameOf(comparison[1])];
  const value = meant(comparison[3]);
  if (attribute === undefined) return false;
  const order = compared(attribute, value);
  return (
    { '=': order === 0, '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[comparison[2] ?? ''] ??
    false
  );
}

/** The item after an update: SET of values, of a counter, and REMOVE. */
export function updated(item: Attributes, expression: string, given: Placeholders): Attributes {
  const next = { ...item };
  const nameOf = (name: string) => given.ExpressionAttributeNames?.[name] ?? name;
  const meant = (name: string): Value => given.ExpressionAttributeValues?.[name] ?? { S: '' };
  const [sets = '', removes = ''] = expression.replace(/^SET /, '').split(' REMOVE ');
  for (const [, name = '', counter, value = ''] of sets.matchAll(/(\S+) = (if_not_exists\([^)]*\) \+ )?(:\w+)/g)) {
    const before = Number(next[nameOf(name)]?.N ?? 0);
    next[nameOf(name)] = counter ? { N: String(before + Number(meant(value).N)) } : meant(value);
  }
  for (const name of removes.split(', ').filter((each) => each !== '')) delete next[nameOf(name)];
  return next;
}
