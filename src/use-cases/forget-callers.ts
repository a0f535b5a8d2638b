import type { Deps } from '../deps.ts';
import { requestStatusOf } from '../domain/opendsr.ts';
import { callbackTarget } from '../domain/webhook.ts';
import { cases, opendsrRequests, webhookDeliveries } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';

/**
 * A request by OpenDSR forgets its controller once its case has (`withoutCallers`): the two are one caller. Not before the last
 * callback has arrived or is given up, since callbacks name the controller. What finds the request is a digest, and stays.
 */
export async function forgetController(deps: Pick<Deps, 'table'>, caseId: string): Promise<void> {
  await untilUnchanged(async () => {
    const request = await opendsrRequests.read(deps.table, caseId);
    const value = (await cases.read(deps.table, caseId))?.value;
    if (request === undefined || value?.openedBy.kind !== 'customer') return;
    if (value.openedBy.id === request.value.controller) return;
    if (request.value.callbackUrls.length > 0) {
      const isToldAll = ['completed', 'cancelled'].includes(requestStatusOf(value));
      const { pk } = webhookDeliveries.key(callbackTarget(caseId), '');
      const deliveries = await webhookDeliveries.list(deps.table, pk);
      if (!isToldAll || deliveries.some((delivery) => delivery.value.status === 'waiting')) return;
    }
    const forgotten = { ...request.value, controller: value.openedBy.id };
    await deps.table.transact([opendsrRequests.write(forgotten, request.version)]);
  });
}
