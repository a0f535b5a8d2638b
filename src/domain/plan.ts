import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import { parseCheckedYaml } from './checked-yaml.ts';
import { type Plan, planSchema } from './plan-schema.ts';

export type { Plan } from './plan-schema.ts';
export { standardPlan, unattendedPlan } from './plan-texts.ts';

/**
 * Reads a plan from its YAML. Throws InvalidError whose message lists every problem, one a line, as
 * `plans/gold.yml:7: retention.retentionDays: 120 is over the cap of 90 days`; `details.problems` holds them as data.
 *
 * @param fileName stands in front of each problem; nothing is read from it
 */
export function parsePlan(yamlText: string, fileName: string): Plan {
  return parseCheckedYaml(yamlText, planSchema, {
    fileName,
    empty: 'the plan is empty',
    hint: 'Correct the plan and load it again; `tenure plan show standard` shows a whole one.',
  }).value;
}

/** SHA-256 (hex) over the canonical JSON of the checked plan: the identity of a plan version, whatever its comments say. */
export function planDigest(plan: Plan): string {
  return createHash('sha256').update(canonicalJson(plan)).digest('hex');
}
