import middy from '@middy/core';
import type { Deps } from './deps.ts';
import type { Json } from './ports/table.ts';
import type { UseCase } from './use-case.ts';

/** What the caller of a handler brings besides the event: on one machine the runner passes its dependencies in. */
export interface EdgeContext {
  deps: Deps;
}

/** A Lambda handler of one use case: the event is its input, the outcome its result. */
export type EdgeHandler = (event: unknown, context: EdgeContext) => Promise<Json>;

/**
 * Wraps a use case for the edge: the use case's schema parses the event, its outcome is returned, its errors keep the
 * literal names that state machines match.
 */
export function edge<Input, Outcome>(useCase: UseCase<Input, Outcome>): EdgeHandler {
  const handler = middy()
    .use(errorNames)
    .handler(async (event: unknown, context: unknown) => await useCase((context as EdgeContext).deps)(event));
  return handler as unknown as EdgeHandler;
}

/** A thrown thing without a name of its own would match nothing in a Retry: it gets one. */
const errorNames: middy.MiddlewareObj = {
  onError: (request) => {
    if (request.error instanceof Error) return;
    request.error = new Error(String(request.error));
  },
};
