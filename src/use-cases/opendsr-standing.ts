import type { Deps } from '../deps.ts';
import { type Case, isOver } from '../domain/case.ts';
import { expectedCompletionAt, type RequestStatus, requestStatusOf } from '../domain/opendsr.ts';
import { tenants } from '../records.ts';

/** Where a request stands, as answers and callbacks say it (specification, sections 8.3 and 8.6). A type, since it is stored as JSON. */
export type RequestStanding = {
  request_status: RequestStatus;
  expected_completion_time: string;
  /** The certificate, where there is one and the API has an address. */
  results_url?: string;
};

/**
 * Where the request that a case answers stands now.
 *
 * @param base where the API is reached
 * @param timezone the tenant's, where it is known already
 */
export async function standingOf(
  deps: Pick<Deps, 'table' | 'clock'>,
  value: Case,
  base: string | undefined,
  timezone?: string,
): Promise<RequestStanding> {
  const request_status = requestStatusOf(value);
  // What is over counts no days any more, and its tenant may be erased.
  const tenant = isOver(value) || timezone !== undefined ? undefined : await tenants.read(deps.table, value.tenant);
  const zone = timezone ?? tenant?.value.timezone ?? 'UTC';
  const expected_completion_time = expectedCompletionAt(value, deps.clock.now(), zone);
  if (base === undefined || request_status !== 'completed') return { request_status, expected_completion_time };
  const results_url = `${base.replace(/\/$/, '')}/v1/cases/${value.id}/certificate.pdf`;
  return { request_status, expected_completion_time, results_url };
}
