import { createHash } from 'node:crypto';
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { canonicalJson } from './canonical-json.ts';
import { InvalidError } from './errors.ts';
import { type Plan, planSchema } from './plan-schema.ts';

export type { Plan } from './plan-schema.ts';
export { standardPlan, unattendedPlan } from './plan-texts.ts';

/** One thing that is wrong with a plan: 1-based line, dotted field (empty: the whole text), and why. */
export interface PlanProblem {
  line: number;
  field: string;
  message: string;
}

type Path = readonly PropertyKey[];

/**
 * Reads a plan from its YAML. Throws InvalidError whose message lists every problem, one a line, as
 * `plans/gold.yml:7: retention.retentionDays: 120 is over the cap of 90 days`; `details.problems` holds them as data.
 *
 * @param fileName stands in front of each problem; nothing is read from it
 */
export function parsePlan(yamlText: string, fileName: string): Plan {
  const lines = new LineCounter();
  const document = parseDocument(yamlText, { lineCounter: lines, prettyErrors: false, strict: true });
  // A warning (an unknown tag) means that a value is not what its author thinks.
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw refusal(
      fileName,
      faults.map((fault) => ({ line: lines.linePos(fault.pos[0]).line, field: '', message: fault.message })),
    );
  }
  const checked = planSchema.safeParse(toPlain(document, fileName), { reportInput: true });
  if (checked.success) return checked.data;
  const problems = checked.error.issues.flatMap((issue): PlanProblem[] => {
    const at = (path: Path, message: string) => ({
      line: lineOf(document, lines, path),
      field: path.join('.'),
      message,
    });
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => at([...issue.path, key], 'unknown field'));
    if (issue.input === undefined && issue.code !== 'custom') return [at(issue.path, 'is missing')];
    if (issue.code === 'invalid_type' && issue.expected === 'object')
      return [at(issue.path, issue.path.length === 0 ? 'the plan is empty' : 'must be a group of fields')];
    return [at(issue.path, issue.message)];
  });
  throw refusal(fileName, problems);
}

/** SHA-256 (hex) over the canonical JSON of the checked plan: the identity of a plan version, whatever its comments say. */
export function planDigest(plan: Plan): string {
  return createHash('sha256').update(canonicalJson(plan)).digest('hex');
}

function toPlain(document: Document, fileName: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new InvalidError(`${fileName}:1: ${cause instanceof Error ? cause.message : 'not readable'}`, { cause });
  }
}

function refusal(fileName: string, problems: PlanProblem[]): InvalidError {
  const sorted = problems.toSorted((a, b) => a.line - b.line);
  const text = sorted.map(
    ({ line, field, message }) => `${fileName}:${line}: ${field === '' ? '' : `${field}: `}${message}`,
  );
  return new InvalidError(text.join('\n'), {
    hint: 'Correct the plan and load it again; `tenure plan show standard` shows a whole one.',
    details: { problems: sorted },
  });
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
