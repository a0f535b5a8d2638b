import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { InvalidError } from './errors.ts';

/** One thing that is wrong with a YAML text: 1-based line, dotted field (empty: the whole text), and why. */
export interface YamlProblem {
  line: number;
  field: string;
  message: string;
}

/** A checked text, and where in it each field stands, for problems that only show later. */
export interface CheckedYaml<T> {
  value: T;
  /** Throws InvalidError with a line for every problem, as `parse` itself does. */
  refuse(problems: readonly { path: readonly PropertyKey[]; message: string }[]): never;
}

/** What the messages call the text. */
export interface YamlWords {
  /** Stands in front of each problem; nothing is read from it. */
  fileName: string;
  /** Said where the text holds nothing: `the plan is empty`. */
  empty: string;
  hint: string;
}

type Path = readonly PropertyKey[];

/**
 * Reads YAML by a schema. Throws InvalidError whose message lists every problem, one a line, as
 * `plans/gold.yml:7: retention.retentionDays: 120 is over the cap of 90 days`; `details.problems` holds them as data.
 */
export function parseCheckedYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  words: YamlWords,
): CheckedYaml<z.output<Schema>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true });
  // A warning (an unknown tag) means that a value is not what its author thinks.
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw refusal(
      words,
      faults.map((fault) => ({ line: lines.linePos(fault.pos[0]).line, field: '', message: fault.message })),
    );
  }
  const problemAt = (path: Path, message: string): YamlProblem => ({
    line: lineOf(document, lines, path),
    field: path.join('.'),
    message,
  });
  const checked = schema.safeParse(toPlain(document, words), { reportInput: true });
  if (checked.success) {
    return {
      value: checked.data,
      refuse: (problems) => {
        throw refusal(
          words,
          problems.map(({ path, message }) => problemAt(path, message)),
        );
      },
    };
  }
  const problems = checked.error.issues.flatMap((issue): YamlProblem[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => problemAt([...issue.path, key], 'unknown field'));
    if (issue.input === undefined && issue.code !== 'custom') return [problemAt(issue.path, 'is missing')];
    if (issue.code === 'invalid_type' && issue.expected === 'object')
      return [problemAt(issue.path, issue.path.length === 0 ? words.empty : 'must be a group of fields')];
    return [problemAt(issue.path, issue.message)];
  });
  throw refusal(words, problems);
}

function toPlain(document: Document, words: YamlWords): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new InvalidError(`${words.fileName}:1: ${cause instanceof Error ? cause.message : 'not readable'}`, {
      cause,
    });
  }
}

function refusal(words: YamlWords, problems: YamlProblem[]): InvalidError {
  const sorted = problems.toSorted((a, b) => a.line - b.line);
  const text = sorted.map(
    ({ line, field, message }) => `${words.fileName}:${line}: ${field === '' ? '' : `${field}: `}${message}`,
  );
  return new InvalidError(text.join('\n'), { hint: words.hint, details: { problems: sorted } });
}

/** Line of a field; of the nearest group around it where the field is not there. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset === undefined ? 1 : lines.linePos(offset).line;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
