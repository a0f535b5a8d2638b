import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { TenureError } from '../domain/errors.ts';
import { expectedCompletionAt, requestStatusOf } from '../domain/opendsr.ts';
import { callbackTarget, type WebhookDelivery } from '../domain/webhook.ts';
import type { Write } from '../ports/table.ts';
import { opendsrRequests, webhookDeliveries } from '../records.ts';
import { signatureHeaders } from './opendsr-signer.ts';
import { deliveryOf } from './outgoing-events.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/**
 * Writes that tell the callbacks of a case's request by OpenDSR that its status is another now, for the transaction of the change.
 * They bear no tenant, so that an erasure does not take them with it before they have arrived.
 */
export async function callbackWrites(
  deps: Deps,
  before: Case | undefined,
  after: Case,
  timezone: string,
): Promise<Write[]> {
  const status = requestStatusOf(after);
  if (before === undefined || requestStatusOf(before) === status) return [];
  const request = (await opendsrRequests.read(deps.table, after.id))?.value;
  if (request === undefined) return [];
  const at = deps.clock.now();
  const results = resultsUrl(deps.settings.publicUrl, after);
  const data = {
    request_status: status,
    expected_completion_time: expectedCompletionAt(after, at, timezone),
    ...(results === undefined ? {} : { results_url: results }),
  };
  return request.callbackUrls.map((url) =>
    webhookDeliveries.write(
      deliveryOf(deps, callbackTarget(after.id), { type: 'opendsr.status', at, data: { ...data, url } }),
    ),
  );
}

/** A callback as it goes out (specification, section 8.6), signed anew for each try. */
export async function callbackMessage(
  deps: Deps,
  caseId: string,
  { event }: WebhookDelivery,
): Promise<OutgoingMessage> {
  const request = (await opendsrRequests.read(deps.table, caseId))?.value;
  const { url, ...told } = event.data;
  if (request === undefined || typeof url !== 'string') return { fault: 410 };
  const body = JSON.stringify({
    controller_id: request.controller,
    status_callback_url: url,
    subject_request_id: request.requestId,
    ...told,
  });
  try {
    return { url, headers: await signatureHeaders(deps, Buffer.from(body)), body };
  } catch (error) {
    // It waits like for a receiver that does not answer: a certificate can be brought in.
    if (error instanceof TenureError) return { fault: 'no certificate' };
    throw error;
  }
}

/** Where the certificate of a case is to be had; `undefined` while there is none, or where the API has no address. */
export function resultsUrl(base: string | undefined, value: Case): string | undefined {
  if (base === undefined || requestStatusOf(value) !== 'completed') return undefined;
  return `${base.replace(/\/$/, '')}/v1/cases/${value.id}/certificate.pdf`;
}
