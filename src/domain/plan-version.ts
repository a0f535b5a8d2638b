/** One immutable version of a plan. */
export interface PlanVersion {
  name: string;
  /** 1, 2, 3 … */
  version: number;
  digest: string;
  author: string;
  /** The YAML as it was written. */
  text: string;
  since: string;
}
