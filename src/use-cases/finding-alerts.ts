import type { Deps } from '../deps.ts';
import type { Finding } from '../domain/obsolescence.ts';
import { settleAlert } from './raise-alert.ts';

/** Kind of the alert that asks for triage of what an audit has found. */
export const obsoleteData = 'obsolete-data';

/** What such an alert is about: the same rule on the same data is the same alert. */
export function findingSubject({ scope: { tenant, source }, rule }: Finding): string {
  return `${source === undefined ? tenant : `${tenant}/${source}`} ${rule}`;
}

/** Closes the alert of a finding that was triaged. */
export async function settleFinding(deps: Deps, finding: Finding, cause: string): Promise<void> {
  await settleAlert(deps, obsoleteData, findingSubject(finding), cause);
}
