import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { casePolicy } from '../domain/case-policy.ts';
import { ConflictError, InvalidError, NotFoundError } from '../domain/errors.ts';
import { expectedFromNow, type OpendsrRequest } from '../domain/opendsr.ts';
import { tenantOfIdentities } from '../domain/opendsr-identity.ts';
import type { Scope } from '../domain/scope.ts';
import type { Tenant } from '../domain/tenant.ts';
import { opendsrKeys, opendsrRequests, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { fieldError } from './field-error.ts';
import { sendLostCode } from './finish-effects.ts';
import { openNewCase, scopeOf } from './open-case.ts';
import { type Controller, controllerInput, type OpendsrBody, opendsrBody, opendsrExtension } from './opendsr-fields.ts';
import { findRequest, keyOfRequest } from './opendsr-requests.ts';
import { requireOpendsr } from './opendsr-signer.ts';
import { planOf } from './plan-of.ts';

const input = controllerInput.extend({
  /** The body as it was received. */
  bytes: z.instanceof(Uint8Array),
  body: opendsrBody,
});

/**
 * Takes a request to erase: it opens a case for a customer's request, whose code goes to the address on file. Who the request is
 * about is looked up and not stored. The same request again is answered as before and opens nothing; where a crash has come between
 * the case and its mail, a new code is sent, since the old one is in nobody's memory.
 *
 * @throws InvalidError with a pointer to the field; ConflictError when the id was used with another body, or a case is about the
 * same data already
 */
export const submitOpendsrRequest = useCase(input, async (deps, { bytes, body, ...by }): Promise<OpendsrRequest> => {
  const { domain } = await requireOpendsr(deps);
  const known = await repeated(deps, by, body, bytes);
  if (known !== undefined) return known;
  body.status_callback_urls?.forEach((url, index) => {
    const refusal = deps.refusesTarget(url);
    if (refusal === undefined) return;
    throw fieldError(['status_callback_urls', index], `cannot be called: ${refusal}`, 'Name a public address.');
  });
  const tenant = await tenantOf(deps, by, body);
  const scope = await wantedScope(deps, tenant, domain, body.extensions?.[domain]);
  try {
    return await open(deps, by, body, bytes, tenant, scope);
  } catch (error) {
    // Of two that came at once the other one has opened the case.
    const first = error instanceof ConflictError ? await repeated(deps, by, body, bytes) : undefined;
    if (first === undefined) throw error;
    return first;
  }
});

async function open(
  deps: Deps,
  by: Controller,
  body: OpendsrBody,
  bytes: Uint8Array,
  tenant: Tenant,
  scope: Scope,
): Promise<OpendsrRequest> {
  const receivedAt = deps.clock.now();
  const requestId = body.subject_request_id;
  const base = {
    tenant: tenant.id,
    controller: by.actor.id,
    requestId,
    digest: await digestOf(deps, tenant.id, bytes),
    receivedAt,
    callbackUrls: [...new Set(body.status_callback_urls ?? [])],
    expectedAt: await expectedOf(deps, tenant, receivedAt),
  };
  const key = keyOfRequest(by, requestId);
  const note = `OpenDSR (${body.regulation}) ${requestId}`;
  const opened = await openNewCase(deps, tenant, {
    ...{ scope, reason: 'customer-request', actor: by.actor, note },
    writes: (caseId) => [
      opendsrKeys.write({ key, caseId }, 'absent'),
      opendsrRequests.write({ caseId, ...base }, 'absent'),
    ],
  });
  return { caseId: opened.id, ...base };
}

/** The request as it was taken before. @throws ConflictError when it was another one */
async function repeated(
  deps: Deps,
  by: Controller,
  body: OpendsrBody,
  bytes: Uint8Array,
): Promise<OpendsrRequest | undefined> {
  const found = await findRequest(deps, by, body.subject_request_id);
  if (found === undefined) return undefined;
  const { request, value } = found;
  // Without the evidence key, which ends years after the erasure, nobody can tell any more.
  const digest = await digestOf(deps, request.tenant, bytes).catch((error: unknown) => {
    if (error instanceof NotFoundError) return '';
    throw error;
  });
  const [a, b] = [Buffer.from(request.digest), Buffer.from(digest)];
  if (a.length !== b.length || !timingSafeEqual(a, b)) {
    throw new ConflictError(`request ${request.requestId} was made before, and not with this body`, {
      hint: 'Draw a new subject_request_id for another request; send the same bytes to repeat one.',
    });
  }
  await sendLostCode(deps, value, by.actor);
  return request;
}

/** @throws InvalidError in the same words whether there is no such tenant, several, or one that the caller may not speak about */
async function tenantOf(deps: Deps, { own }: Controller, body: OpendsrBody): Promise<Tenant> {
  const all = (await tenants.list(deps.table, 'TENANTS')).map(({ value }) => value);
  const allowed = own === undefined ? all : all.filter(({ id }) => id === own);
  const found = tenantOfIdentities(body.subject_identities, allowed);
  if (found !== undefined) return found;
  throw fieldError(
    ['subject_identities'],
    'they do not all lead to one and the same account',
    'Name the account with controller_customer_id, or by the address of a contact on file; all identities are of one account.',
  );
}

async function wantedScope(deps: Deps, { id }: Tenant, domain: string, extension: unknown): Promise<Scope> {
  if (extension === undefined) return { tenant: id };
  const at = ['extensions', domain];
  const hint = 'It may hold `source`, and with it `paths`; leave it out to erase all of the account.';
  const read = opendsrExtension.safeParse(extension);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw fieldError([...at, ...(issue?.path ?? [])], issue?.message ?? 'is not usable', hint);
  }
  const { source, paths } = read.data;
  if (source === undefined && paths === undefined) throw fieldError(at, 'narrows nothing', hint);
  if (source === undefined) throw fieldError([...at, 'source'], 'is missing: paths are those of a source', hint);
  try {
    return await scopeOf(deps, id, source, paths);
  } catch (error) {
    if (!(error instanceof NotFoundError || error instanceof InvalidError)) throw error;
    throw fieldError(paths === undefined ? [...at, 'source'] : at, error.message, hint);
  }
}

/** What a case of this tenant's plan takes that begins now. */
async function expectedOf(deps: Deps, tenant: Tenant, now: string): Promise<string> {
  return expectedFromNow(casePolicy((await planOf(deps, tenant)).plan), now, tenant.timezone);
}

async function digestOf(deps: Deps, tenant: string, bytes: Uint8Array): Promise<string> {
  const key = await deps.keys.open(`evidence/${tenant}`);
  return createHmac('sha256', key).update('tenure/v1 opendsr request\n').update(bytes).digest('hex');
}
