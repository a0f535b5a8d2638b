import { hash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { ConflictError, InvalidError, TenureError } from '../domain/errors.ts';
import type { IdempotentCall } from '../domain/idempotency.ts';
import { idempotentCalls } from '../records.ts';
import type { ApiEnv } from './api.ts';
import { sendProblem } from './problem.ts';

/** How long an answer is kept. */
const keptMs = 24 * 3600_000;

/** After this a call that has not ended is taken to be dead, and may be repeated: longer than any request may take. */
const runningMs = 120_000;

/** Header that a handler sets on an answer that must not be kept, since it holds a secret or personal data. */
export const neverKept = 'x-tenure-never-kept';

/** The same, of a handler that answers a repetition itself as it did the first time: it is asked again. */
export const handlerRepeats = 'x-tenure-handler-repeats';

/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a POST that is repeated under its key is answered as it was
 * the first time, and does nothing again. The same key with another request is a conflict.
 */
export const idempotent: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const key = c.req.header('idempotency-key');
  if (key === undefined) {
    await next();
    for (const mark of [neverKept, handlerRepeats]) c.res.headers.delete(mark);
    return;
  }
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new InvalidError('the Idempotency-Key is not usable', { hint: 'Send 1 to 200 visible ASCII characters.' });
  }
  const { table, clock } = c.get('deps');
  // One owner may have keys for several tenants.
  const caller = c.get('caller');
  const id = hash('sha256', `${caller?.id ?? 'public'}\n${caller?.tenant ?? ''}\n${key}`, 'hex');
  // The bytes, since text of an upload could not be turned back into them for the handler.
  const body = Buffer.from(await c.req.arrayBuffer());
  const request = hash('sha256', Buffer.concat([Buffer.from(`${c.req.method} ${c.req.path}\n`), body]), 'hex');
  const now = clock.wall();
  const known = await idempotentCalls.read(table, id);
  // One that a crash or a fault of ours has ended, maybe after its effect, is the same call still.
  const isAgain = known?.value.status === 'running' && known.value.request === request;
  const since = isAgain ? known.value.since : now;
  const call: IdempotentCall = { id, request, status: 'running', since, until: now + runningMs };
  c.set('call', hash('sha256', `${id}\n${since}`, 'hex').slice(0, 32));
  if (known !== undefined && known.value.until > now) {
    if (known.value.repeats !== true || known.value.request !== request) return answerAgain(c, known.value, request);
    await next();
    c.res.headers.delete(handlerRepeats);
    return;
  }
  try {
    await table.transact([idempotentCalls.write(call, known?.version ?? 'absent')]);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    return answerAgain(c, call, request);
  }
  await next();
  const answer = c.res;
  // A request that is to be mended has done nothing.
  if (hasDoneNothing(answer.status, c.error)) {
    await table.transact([idempotentCalls.remove(id)]);
    return;
  }
  // After a fault of ours, or a refusal to be repeated later, the key stays free for another try of the same.
  if (answer.status >= 500 || answer.status === 429) {
    await table.transact([idempotentCalls.write({ ...call, until: now })]);
    return;
  }
  const repeats = answer.headers.get(handlerRepeats) !== null;
  const secret = repeats || answer.headers.get(neverKept) !== null;
  answer.headers.delete(neverKept);
  answer.headers.delete(handlerRepeats);
  const location = answer.headers.get('location');
  const text = secret ? '' : await answer.clone().text();
  const tenant = c.get('caller')?.tenant ?? tenantIn(text, location);
  await table.transact([
    idempotentCalls.write({
      ...call,
      status: 'done',
      until: now + keptMs,
      ...(tenant === undefined ? {} : { tenant }),
      ...(repeats ? { repeats } : {}),
      ...(secret
        ? {}
        : {
            answer: {
              status: answer.status,
              contentType: answer.headers.get('content-type') ?? 'application/json',
              ...(location === null ? {} : { location }),
              body: text,
            },
          }),
    }),
  ]);
};

/**
 * True for a request that cannot be used, or about what is not there (yet). What was refused and counted all the same, as a wrong code
 * is, says so in its fault.
 */
function hasDoneNothing(status: number, error: Error | undefined): boolean {
  return [400, 404, 413, 415].includes(status) && !(error instanceof TenureError && error.details.recorded === true);
}

/** The tenant that an answer names, or that it has made. */
function tenantIn(text: string, location: string | null): string | undefined {
  const made = /^\/v1\/tenants\/([^/]+)/.exec(location ?? '')?.[1];
  if (made !== undefined) return made;
  try {
    const { tenant } = JSON.parse(text) as { tenant?: unknown };
    return typeof tenant === 'string' ? tenant : undefined;
  } catch {
    return undefined;
  }
}

function answerAgain(c: Parameters<MiddlewareHandler<ApiEnv>>[0], call: IdempotentCall, request: string): Response {
  const conflict = (detail: string, headers = {}) => sendProblem(c, { status: 409, code: 'conflict', detail }, headers);
  if (call.request !== request) return conflict('this Idempotency-Key was used for another request');
  if (call.status === 'running') {
    return conflict('a request with this Idempotency-Key is under way', { 'retry-after': '2' });
  }
  if (call.answer === undefined) {
    return conflict('this request was carried out; its answer was shown once and is not kept');
  }
  const { status, contentType, location, body } = call.answer;
  return c.body(body, status as 200, {
    'content-type': contentType,
    'idempotent-replayed': 'true',
    ...(location === undefined ? {} : { location }),
  });
}
