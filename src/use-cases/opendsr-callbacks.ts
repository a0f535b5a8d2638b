import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { TenureError } from '../domain/errors.ts';
import { requestStatusOf } from '../domain/opendsr.ts';
import { callbackTarget, type WebhookDelivery } from '../domain/webhook.ts';
import type { Write } from '../ports/table.ts';
import { cases, opendsrRequests, webhookDeliveries } from '../records.ts';
import { signatureHeaders } from './opendsr-signer.ts';
import { standingOf } from './opendsr-standing.ts';
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
  if (before === undefined || requestStatusOf(before) === requestStatusOf(after)) return [];
  const request = (await opendsrRequests.read(deps.table, after.id))?.value;
  if (request === undefined) return [];
  const standing = await standingOf(deps, after, deps.settings.publicUrl, timezone);
  const at = deps.clock.now();
  return request.callbackUrls.map((url) =>
    webhookDeliveries.write(
      deliveryOf(deps, callbackTarget(after.id), { type: 'opendsr.status', at, data: { ...standing, url } }),
    ),
  );
}

/**
 * A callback as it goes out (specification, section 8.6). The first try tells the change; a later one tells where the request
 * stands by then, since the receiver may have heard of a later change meanwhile and could not tell which came first.
 */
export async function callbackMessage(
  deps: Deps,
  caseId: string,
  { event, last }: WebhookDelivery,
): Promise<OutgoingMessage> {
  const request = (await opendsrRequests.read(deps.table, caseId))?.value;
  const { url, ...change } = event.data;
  if (request === undefined || typeof url !== 'string') return { fault: 410 };
  const value = last === undefined ? undefined : (await cases.read(deps.table, caseId))?.value;
  const standing = value === undefined ? change : await standingOf(deps, value, deps.settings.publicUrl);
  const body = JSON.stringify({
    controller_id: request.controller,
    status_callback_url: url,
    subject_request_id: request.requestId,
    ...standing,
  });
  try {
    return { url, headers: await signatureHeaders(deps, Buffer.from(body)), body };
  } catch (error) {
    // It waits like for a receiver that does not answer: a certificate can be brought in.
    if (error instanceof TenureError) return { fault: 'no certificate' };
    throw error;
  }
}
