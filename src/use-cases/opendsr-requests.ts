import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { OpendsrRequest } from '../domain/opendsr.ts';
import { cases, opendsrKeys, opendsrRequests } from '../records.ts';
import { useCase } from '../use-case.ts';
import { requireCaseEvent } from './apply-case-event.ts';
import { type Controller, controllerInput, requestIdField } from './opendsr-fields.ts';
import { requireOpendsr } from './opendsr-signer.ts';
import { type RequestStanding, standingOf } from './opendsr-standing.ts';

const byId = controllerInput.extend({
  requestId: requestIdField,
  /** Where the API is reached, for links. */
  base: z.string(),
});

/** Where a caller's request stands. @throws NotFoundError, in the same words for another caller's */
export const showOpendsrRequest = useCase(
  byId,
  async (deps, { requestId, base, ...by }): Promise<{ request: OpendsrRequest; standing: RequestStanding }> => {
    await requireOpendsr(deps);
    const { request, value } = await requireRequest(deps, by, requestId);
    return { request, standing: await standingOf(deps, value, base) };
  },
);

/**
 * Takes a request back while it is pending: its case is cancelled. May be repeated.
 *
 * @throws ConflictError once something is destroyed, with the reason
 */
export const cancelOpendsrRequest = useCase(
  byId.omit({ base: true }),
  async (deps, { requestId, ...by }): Promise<OpendsrRequest> => {
    await requireOpendsr(deps);
    const { request, value } = await requireRequest(deps, by, requestId);
    if (value.status !== 'cancelled') {
      await requireCaseEvent(deps, value.id, { type: 'cancel', actor: by.actor, at: deps.clock.now() });
    }
    return request;
  },
);

/** Names a caller's request: what another caller sends under the same id is another request. */
export function keyOfRequest({ actor, own }: Controller, requestId: string): string {
  return hash('sha256', JSON.stringify([actor.id, own ?? null, requestId]), 'hex');
}

/** A caller's request and its case, if there is one. */
export async function findRequest(
  deps: Deps,
  by: Controller,
  requestId: string,
): Promise<{ request: OpendsrRequest; value: Case } | undefined> {
  const caseId = (await opendsrKeys.read(deps.table, keyOfRequest(by, requestId)))?.value.caseId;
  if (caseId === undefined) return undefined;
  const request = (await opendsrRequests.read(deps.table, caseId))?.value;
  const value = (await cases.read(deps.table, caseId))?.value;
  if (request === undefined || value === undefined) return undefined;
  // After an erasure the record does not name a customer's caller any more; who finds it is the one.
  return { request: { ...request, controller: by.actor.id }, value };
}

async function requireRequest(deps: Deps, by: Controller, requestId: string) {
  const found = await findRequest(deps, by, requestId);
  if (found !== undefined) return found;
  throw new NotFoundError(`there is no request ${requestId}`, { hint: 'You see the requests that you have made.' });
}
